import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Live
from tests.actions.feed_world import comes_to_normal, trial
from tests.actions.feed_world import feed as feed
from tests.actions.feed_world import idle_feed as idle_feed

pytestmark = pytest.mark.world


def test_spoilt_copies_arrive_beside_events_until_it_is_cleared(feed: Live) -> None:
    with feed.fault("events_malformed", percent=100) as found:
        assert found["in_force"]
        assert found["seen"]["touched"] >= 1
        until(lambda: trial(feed, "/eventbridge").spoilt == 8, "each to be spoilt", 20)
    assert comes_to_normal(feed, "/eventbridge")
    assert feed.clear("events_malformed") == {"fault": "events_malformed", "in_force": False}


def test_it_is_not_believed_without_being_seen(idle_feed: Live) -> None:
    error = idle_feed.refuses(FaultNotInForce, "events_malformed", percent=100)
    assert str(error).startswith("events_malformed is not in force: expected a spoilt delivery beside ours")


@pytest.mark.parametrize("parameters", [{"percent": 0}, {"kinds": "sneezed"}, {"kinds": 3}])
def test_what_makes_no_sense_is_refused(feed: Live, parameters: dict[str, object]) -> None:
    feed.refuses(BadInput, "events_malformed", **parameters)
