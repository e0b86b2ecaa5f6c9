"""Points are written as the official client writes them, and different stays stay different points."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point as TheirPoint

from tracker.metrics.points import Point, Status, line, lines

POINT = Point("billing", Status.NORMAL, 12.5, 2, "c-1", 1_700_000_000_123)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)


def theirs(point: Point) -> str:
    written = TheirPoint("interaction_state").tag("queue_id", point.queue).tag("status", str(point.status))  # type: ignore[no-untyped-call]
    written = written.field("dwell_seconds", point.dwell_seconds).field("bounce_count", point.bounce_count)
    found: str = written.field("conversation_id", point.conversation).time(point.time_ns).to_line_protocol()
    return found


def test_a_point_is_one_line_with_the_conversation_as_a_field() -> None:
    assert line(POINT) == (
        'interaction_state,queue_id=billing,status=normal bounce_count=2i,conversation_id="c-1",dwell_seconds=12.5 '
        f"{POINT.time_ns}"
    )


@example("ends in \\", 'quo"te\\', 0.0, 0)
@example("", "", 1e9, 0)
@example("a,b=c d\ne", "line\nbreak", 0.1, 0)
@given(TEXT, TEXT, st.floats(0, 1e9), st.integers(0, 1000))
def test_every_point_reads_as_the_official_client_writes_it(
    queue: str, conversation: str, dwell: float, n: int
) -> None:
    point = Point(queue, Status.STUCK, dwell, n, conversation, 1_700_000_000_123)
    assert line(point) == theirs(point)


@pytest.mark.parametrize(
    "other",
    [
        Point("billing", Status.NORMAL, 12.5, 2, "c-2", POINT.at_ms),
        Point("sales", Status.NORMAL, 12.5, 2, "c-1", POINT.at_ms),
    ],
)
def test_two_stays_that_end_in_one_millisecond_are_two_points(other: Point) -> None:
    assert other.time_ns != POINT.time_ns
    assert other.time_ns // 1_000_000 == POINT.time_ns // 1_000_000 == POINT.at_ms


def test_the_same_stay_is_the_same_point_however_often_it_is_written() -> None:
    assert len(set(lines([POINT, POINT, POINT]).split(b"\n"))) == 1
