import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Live
from tests.actions.feed_world import comes_to_normal, trial
from tests.actions.feed_world import feed as feed
from tests.actions.feed_world import idle_feed as idle_feed

pytestmark = pytest.mark.world


def test_no_point_arrives_until_it_is_cleared(feed: Live) -> None:
    with feed.fault("tsdb_down") as found:
        assert found["in_force"]
        assert found["seen"]["touched"] >= 1
        assert len(trial(feed, "/api/v2/write").refused) == 8
    assert comes_to_normal(feed, "/api/v2/write")
    assert feed.clear("tsdb_down") == {"fault": "tsdb_down", "in_force": False}


def test_it_is_not_believed_without_being_seen(idle_feed: Live) -> None:
    error = idle_feed.refuses(FaultNotInForce, "tsdb_down")
    assert str(error).startswith("tsdb_down is not in force: expected writes that are not taken")


@pytest.mark.parametrize("parameters", [{"cut": 1}, {"seconds": 0}])
def test_what_makes_no_sense_is_refused(feed: Live, parameters: dict[str, object]) -> None:
    feed.refuses(BadInput, "tsdb_down", **parameters)
