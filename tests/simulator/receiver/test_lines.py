"""Line protocol, as InfluxDB's documentation writes it and as the official client does."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point as OfficialPoint

from harness.errors import BadInput
from simulator.receiver.lines import Point, points

Written: Any = OfficialPoint  # which has no types
TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1).filter(
    lambda text: not text.endswith("\\") and not text.startswith("#")
)


def test_a_line_has_a_measurement_tags_fields_and_a_time() -> None:
    found = points('state,queue=q1,status=normal dwell=1.5,count=3i,ok=t,note="a b" 1700000000000000000')
    fields: dict[str, Any] = {"dwell": 1.5, "count": 3, "ok": True, "note": "a b"}
    assert found == [Point("state", {"queue": "q1", "status": "normal"}, fields, 1_700_000_000_000)]


@pytest.mark.parametrize(("precision", "time_ms"), [("ns", 7e-6), ("us", 7e-3), ("ms", 7), ("s", 7000)])
def test_the_time_is_read_in_its_precision(precision: str, time_ms: float) -> None:
    assert points("m f=1 7", precision)[0].time_ms == pytest.approx(time_ms)


def test_time_and_tags_may_be_missing_and_comments_and_empty_lines_are_passed_over() -> None:
    assert points("# nothing\n\nm f=1\n") == [Point("m", {}, {"f": 1.0}, None)]


def test_what_is_escaped_is_read_as_it_was_meant() -> None:
    found = points(r'a\ b\,c,k\=1=v\ 1\,x f\ 1="say \"hi\" \\ = , there",g=2u 5')
    assert found == [Point("a b,c", {"k=1": "v 1,x"}, {"f 1": 'say "hi" \\ = , there', "g": 2}, 5e-6)]


@pytest.mark.parametrize("line", ["m", "m f", "m f=", "m f=abc", "m,t f=1", "m f=1 now", ",t=1 f=1", 'm f="open'])
def test_a_line_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="line: expected"):
        points(f"good f=1\n{line}")


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(BadInput, match="precision: expected one of ns, us, ms, s"):
        points("m f=1", "h")


@example("m", "k", '"', "")
@given(TEXT, TEXT, TEXT, st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp"))))
def test_what_the_official_client_writes_is_read_back(measurement: str, key: str, tag: str, text: str) -> None:
    written = Written(measurement).tag(key, tag).field("n", 3).field("x", 0.25).field("s", text).time(9)
    found = points(written.to_line_protocol())
    assert found == [Point(measurement, {key: tag}, {"n": 3, "x": 0.25, "s": text}, 9e-6)]
