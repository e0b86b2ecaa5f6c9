import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.evidence import read
from harness.waiting import until
from tests.actions.conftest import Live
from tests.actions.feed_world import comes_to_normal, trial
from tests.actions.feed_world import feed as feed
from tests.actions.feed_world import idle_feed as idle_feed

pytestmark = pytest.mark.world


def test_deliveries_arrive_more_than_once_until_it_is_cleared(feed: Live) -> None:
    with feed.fault("events_duplicated", percent=100, copies=2) as found:
        assert found["in_force"]
        assert found["seen"]["touched"] >= 1
        until(lambda: sorted(trial(feed, "/eventbridge").repeated) == list(range(8)), "each to come twice", 20)
    assert comes_to_normal(feed, "/eventbridge")
    assert feed.clear("events_duplicated") == {"fault": "events_duplicated", "in_force": False}


def test_what_was_seen_is_in_the_evidence(feed: Live) -> None:
    with feed.fault("events_duplicated", percent=60):
        pass
    found = read(feed.world.evidence)
    for kind in ("fault.ordered", "fault.seen", "fault.cleared_seen"):
        assert found.last(kind, fault="events_duplicated") is not None


def test_other_paths_are_not_touched(feed: Live) -> None:
    with feed.fault("events_duplicated", percent=100):
        assert comes_to_normal(feed, "/alerts/generic")


def test_it_is_not_believed_without_being_seen(idle_feed: Live) -> None:
    error = idle_feed.refuses(FaultNotInForce, "events_duplicated")
    assert str(error).startswith("events_duplicated is not in force: expected a delivery that arrives more than once")


def test_a_world_without_a_tracker_is_refused(live: Live) -> None:
    assert "found 'one without'" in str(live.refuses(BadInput, "events_duplicated"))


@pytest.mark.parametrize("parameters", [{"percent": 0}, {"copies": 0}, {"seconds": 0}])
def test_what_makes_no_sense_is_refused(feed: Live, parameters: dict[str, object]) -> None:
    feed.refuses(BadInput, "events_duplicated", **parameters)
