import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Live
from tests.actions.feed_world import comes_to_normal, trial
from tests.actions.feed_world import feed as feed
from tests.actions.feed_world import idle_feed as idle_feed

pytestmark = pytest.mark.world


def test_events_overtake_each_other_until_it_is_cleared(feed: Live) -> None:
    with feed.fault("events_reordered", percent=50, overtaken_by=1) as found:
        assert found["in_force"]
        assert found["seen"]["touched"] >= 1
        until(lambda: trial(feed, "/eventbridge").overtaken, "one that is overtaken, of which half are held back", 20)
    assert comes_to_normal(feed, "/eventbridge")
    assert feed.clear("events_reordered") == {"fault": "events_reordered", "in_force": False}


def test_it_is_not_believed_without_being_seen(idle_feed: Live) -> None:
    error = idle_feed.refuses(FaultNotInForce, "events_reordered", percent=50, overtaken_by=1)
    assert str(error).startswith("events_reordered is not in force: expected a delivery that arrives after")


@pytest.mark.parametrize("parameters", [{"percent": 100}, {"overtaken_by": 0}, {"hold_ms": 30_000}])
def test_what_makes_no_sense_is_refused(feed: Live, parameters: dict[str, object]) -> None:
    feed.refuses(BadInput, "events_reordered", **parameters)
