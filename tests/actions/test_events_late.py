import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Live
from tests.actions.feed_world import comes_to_normal, trial
from tests.actions.feed_world import feed as feed
from tests.actions.feed_world import idle_feed as idle_feed

pytestmark = pytest.mark.world


def test_events_come_late_until_it_is_cleared(feed: Live) -> None:
    with feed.fault("events_late", percent=100, delay_ms=4000) as found:
        assert found["in_force"]
        assert found["seen"]["touched"] >= 1
        assert trial(feed, "/eventbridge").longest_ms >= 400
    assert comes_to_normal(feed, "/eventbridge")
    assert feed.clear("events_late") == {"fault": "events_late", "in_force": False}


def test_it_is_not_believed_without_being_seen(idle_feed: Live) -> None:
    error = idle_feed.refuses(FaultNotInForce, "events_late", percent=100, delay_ms=4000)
    assert str(error).startswith("events_late is not in force: expected a delivery that takes")


@pytest.mark.parametrize("parameters", [{"percent": 0}, {"delay_ms": 30_000}, {"seconds": 0}])
def test_what_makes_no_sense_is_refused(feed: Live, parameters: dict[str, object]) -> None:
    feed.refuses(BadInput, "events_late", **parameters)
