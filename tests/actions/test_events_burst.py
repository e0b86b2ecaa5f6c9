"""A burst of made-up interactions, in a world with a tracker of ours."""

from collections.abc import Iterator

import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.evidence import read
from harness.settings import RunSettings, TrackerSettings
from harness.waiting import until
from probes.acknowledged_events_lost import acknowledged_events_lost
from probes.history_findings import history_findings
from tests.actions.conftest import Live, live_world

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def tracked() -> Iterator[Live]:
    """A world with a tracker."""
    yield from live_world(RunSettings(agents=1, tracker=TrackerSettings()))


def over(live: Live) -> bool:
    """Whether the last burst has ended."""
    found = read(live.world.evidence)
    started, ended = found.last("burst.started"), found.last("burst.ended")
    return started is not None and ended is not None and ended.t > started.t


def test_every_event_is_delivered_and_the_tracker_tells_all_of_it(tracked: Live) -> None:
    found = tracked.inject("events_burst", count=10, events_per_s=40, shuffle_percent=30)
    assert found["seen"]["taken"] >= 8
    until(lambda: over(tracked), "the burst to end", 20)
    evidence = read(tracked.world.evidence)
    ended = evidence.last("burst.ended")
    assert ended is not None
    assert (ended["taken"], ended["refused"], ended["unsent"]) == (found["seen"]["events"], 0, 0)
    assert tracked.clear("events_burst")["seen"]["taken"] == ended["taken"]
    assert tracked.clear("events_burst") == {"fault": "events_burst", "in_force": False}
    assert acknowledged_events_lost(configuration=tracked.configuration) == 0
    assert history_findings(configuration=tracked.configuration) == []


def test_clearing_ends_a_burst_that_goes_on(tracked: Live) -> None:
    with tracked.fault("events_burst", count=200, events_per_s=5):
        assert not over(tracked)
    assert over(tracked)
    first, second = (set(entry["conversations"]) for entry in read(tracked.world.evidence).of("burst.started")[-2:])
    assert first.isdisjoint(second)
    ended = read(tracked.world.evidence).last("burst.ended")
    assert ended is not None
    assert ended["unsent"] > 0


def test_it_is_not_believed_without_being_seen(tracked: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKSTORM_SABOTAGE", "events_burst")
    error = tracked.refuses(FaultNotInForce, "events_burst", count=1)
    assert str(error).startswith("events_burst is not in force: expected 8 deliveries of the burst on the wire")


@pytest.mark.parametrize(
    "parameters", [{"count": 0}, {"events_per_s": 0}, {"shuffle_percent": 101}, {"open_percent": -1}, {"seconds": 0}]
)
def test_what_makes_no_sense_is_refused(tracked: Live, parameters: dict[str, object]) -> None:
    tracked.refuses(BadInput, "events_burst", **parameters)


def test_a_world_without_a_tracker_is_refused(live: Live) -> None:
    assert "found 'one without'" in str(live.refuses(BadInput, "events_burst"))
