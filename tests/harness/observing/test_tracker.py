"""What trackers of both dialects answer, read into the same plain types."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from harness.errors import BadInput, CannotTell, Unreachable
from harness.observing.tracker import TrackerClient, TrackerRefused, Transition, Visit, instant_ms, paired, view_of
from harness.world import Dialect, Tracker
from tests.answering import Told, answering
from tests.harness.cloud_world import world_at

AT = "2026-01-01T00:00:00.000Z"
T0 = 1_767_225_600_000


def stamp(ms: int) -> str:
    return f"2026-01-01T00:00:{ms // 1000:02d}.{ms % 1000:03d}Z"


def ours(**changes: Any) -> dict[str, Any]:
    state = {
        "queue_id": "b",
        "bounce_count": 0,
        "transitions": [
            {"type": "enter", "queue_id": "a", "participant_id": "p1", "timestamp": stamp(0)},
            {"type": "exit", "queue_id": "a", "participant_id": "p1", "timestamp": stamp(1500)},
        ],
        "visits": [{"queue_id": "a", "entered": stamp(0), "left": stamp(1500), "dwell_seconds": 1.5}],
        "is_stuck": False,
        "is_anomalous": False,
        "open": True,
    }
    return {
        "conversation_id": "c",
        "version": 4,
        "current_state": state | changes,
        "participants": [{}, {}],
        "enrichment": {"ok": True, "reason": None},
    }


def simple(*events: tuple[str, str, int], queue: str = "a", bounces: int = 0) -> dict[str, Any]:
    all_of_it = [
        {"EventType": f"routing:conversation:queue:member:{kind}", "QueueID": queue, "Timestamp": stamp(at)}
        for kind, queue, at in events
    ]
    return {"current_state": {"queue_id": queue, "bounce_count": bounces, "transitions": all_of_it}}


def test_the_answer_of_ours_is_read_whole() -> None:
    found = view_of("c", ours(), Dialect.GENESYS)
    assert (found.queue, found.bounces, found.version) == ("b", 0, 4)
    assert found.transitions == (Transition("enter", "a", T0), Transition("exit", "a", T0 + 1500))
    assert found.visits == (Visit("a", T0, T0 + 1500, 1500),)
    assert (found.told("stuck"), found.told("open"), found.told("queue")) == (False, True, "b")
    assert (found.participants, found.enriched) == (2, True)


def test_a_simple_tracker_tells_its_visits_by_its_transitions() -> None:
    events = (("enter", "a", 0), ("exit", "a", 1000), ("enter", "a", 1000))
    found = view_of("c", simple(*events, bounces=1), Dialect.SEED)
    assert found.visits == (Visit("a", T0, T0 + 1000, 1000), Visit("a", T0 + 1000, None, None))
    assert (found.queue, found.bounces) == ("a", 1)


def test_the_queue_that_a_simple_tracker_keeps_is_not_taken_for_where_the_call_waits() -> None:
    found = view_of("c", simple(("enter", "a", 0), ("exit", "a", 1000)), Dialect.SEED)
    assert found.queue is None


def test_what_is_not_said_cannot_be_told() -> None:
    found = view_of("c", simple(("enter", "a", 0)), Dialect.SEED)
    for what in ("version", "stuck", "open"):
        with pytest.raises(CannotTell, match=f"the tracker cannot tell {what}"):
            found.told(what)


def test_what_is_missing_is_not_told_and_is_neither_nothing_nor_wrong() -> None:
    bare = view_of("c", {"current_state": {}}, Dialect.GENESYS)
    for what in ("bounces", "queue", "transitions", "visits"):
        with pytest.raises(CannotTell, match=f"the tracker cannot tell {what}"):
            bare.told(what)
    empty: dict[str, Any] = {"queue_id": None, "bounce_count": 0, "transitions": None, "visits": []}
    found = view_of("c", {"current_state": empty}, Dialect.GENESYS)
    assert [found.told(what) for what in ("bounces", "queue", "transitions", "visits")] == [0, None, (), ()]


def test_a_visit_without_a_dwell_has_that_of_its_times() -> None:
    timed = {"queue_id": "a", "entered": stamp(0), "left": stamp(1500)}
    assert view_of("c", ours(visits=[timed]), Dialect.GENESYS).visits == (Visit("a", T0, T0 + 1500, 1500),)
    lasting = {"queue_id": "a", "entered": stamp(0), "left": None}
    assert view_of("c", ours(visits=[lasting]), Dialect.GENESYS).visits == (Visit("a", T0, None, None),)


def test_visits_are_read_as_a_program_writes_its_own_structures() -> None:
    simple = {"QueueID": "a", "Entered": stamp(0), "Left": stamp(1500), "DwellSeconds": 1.5}
    assert view_of("c", ours(visits=[simple]), Dialect.GENESYS).visits == (Visit("a", T0, T0 + 1500, 1500),)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"current_state": []},
        {"current_state": {"transitions": [{"a": 1}]}},
        {"current_state": {"transitions": [3]}},
        {"current_state": {"visits": [{"queue": "a"}]}},
        {"current_state": {"visits": [{"queue_id": "a", "begin": AT}]}},
        {"current_state": {"visits": [{"queue_id": "a", "entered": AT, "dwell_seconds": "1.5"}]}},
        {"current_state": {"bounce_count": "two"}},
    ],
)
def test_an_answer_without_a_state_tells_nothing(answer: dict[str, Any]) -> None:
    with pytest.raises(CannotTell):
        view_of("c", answer, Dialect.SEED)


def test_an_exit_without_an_enter_is_a_visit_whose_beginning_nobody_knows() -> None:
    found = paired([Transition("exit", "a", 5), Transition("enter", "b", 6)])
    assert found == (Visit("a", None, 5, None), Visit("b", 6, None, None))


@pytest.mark.parametrize(
    ("text", "found"),
    [(AT, T0), ("2026-01-01T01:00:00.123456789+01:00", T0 + 123), ("0001-01-01T00:00:00Z", None), ("soon", None)],
)
def test_dates_are_read_as_programs_write_them(text: str, found: int | None) -> None:
    assert instant_ms(text) == found


@contextmanager
def asked(answers: dict[str, Told]) -> Iterator[TrackerClient]:
    """A client of a tracker that answers by path and page, and 404 to everything else."""

    def answer(path: str) -> Told:
        parts = urlsplit(path)
        page = parse_qs(parts.query).get("pageNumber")
        return answers.get(f"{parts.path}{f'?{page[0]}' if page else ''}", Told(status=404))

    with answering(answer) as url:
        tracker = Tracker(url, None, Dialect.GENESYS, ours=False, kept=False)
        with TrackerClient(replace(world_at("http://a", "http://a"), tracker=tracker)) as client:
            yield client


def test_a_listing_is_read_to_its_end() -> None:
    pages = {
        f"/api/v1/interactions?{n}": Told({"entities": [{"conversation_id": f"c{n}"}], "total": 2}) for n in (1, 2)
    }
    with asked(pages) as client:
        assert client.conversations("stuck") == ["c1", "c2"]


def test_a_listing_that_is_not_there_cannot_be_told() -> None:
    with asked({}) as client, pytest.raises(CannotTell, match="the tracker cannot tell what is stuck"):
        client.conversations("stuck")


def test_a_listing_that_names_nobody_cannot_be_told() -> None:
    pages = {"/api/v1/interactions?1": Told({"entities": [{"id": "c1"}], "total": 1})}
    with asked(pages) as client, pytest.raises(CannotTell, match="entries without a conversation_id"):
        client.conversations("stuck")


def test_an_error_is_an_error_and_not_a_missing_answer() -> None:
    health = "/api/v1/interactions/health"
    with asked({health: Told("no", 401)}) as client, pytest.raises(TrackerRefused, match="found 401"):
        client.view("c")
    with asked({health: Told([])}) as client, pytest.raises(TrackerRefused, match="no JSON object"):
        client.view("c")
    with asked({}) as client:
        assert client.view("c") is None


def test_metrics_are_read_by_name_and_labels() -> None:
    text = b'# HELP x y\nevents_total{outcome="kept"} 7\nmemory_bytes 1.5e6\n'
    with asked({"/metrics": Told(text)}) as client:
        assert client.metrics() == {'events_total{outcome="kept"}': 7.0, "memory_bytes": 1.5e6}


def test_a_tracker_that_is_not_there_is_unreachable_and_down() -> None:
    tracker = Tracker("http://127.0.0.1:9", None, Dialect.SEED, ours=False, kept=False)
    with TrackerClient(replace(world_at("http://a", "http://a"), tracker=tracker)) as client:
        assert (client.is_up(), client.deliver({})) == (False, 0)
        with pytest.raises(Unreachable, match=r"the tracker at http://127\.0\.0\.1:9/api/v1"):
            client.view("c")


def test_a_world_without_a_tracker_has_nobody_to_ask() -> None:
    with pytest.raises(BadInput, match="one with a tracker"):
        TrackerClient(world_at("http://a", "http://a"))
