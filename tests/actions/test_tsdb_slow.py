import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Live
from tests.actions.feed_world import comes_to_normal, trial
from tests.actions.feed_world import feed as feed
from tests.actions.feed_world import idle_feed as idle_feed

pytestmark = pytest.mark.world


def test_writes_take_longer_until_it_is_cleared(feed: Live) -> None:
    with feed.fault("tsdb_slow", delay_ms=4000) as found:
        assert found["in_force"]
        assert found["seen"]["touched"] >= 1
        assert trial(feed, "/api/v2/write").longest_ms >= 400
    assert comes_to_normal(feed, "/api/v2/write")
    assert feed.clear("tsdb_slow") == {"fault": "tsdb_slow", "in_force": False}


def test_it_is_not_believed_without_being_seen(idle_feed: Live) -> None:
    error = idle_feed.refuses(FaultNotInForce, "tsdb_slow", delay_ms=4000)
    assert str(error).startswith("tsdb_slow is not in force: expected writes that take")


@pytest.mark.parametrize(
    "parameters", [{"delay_ms": 0}, {"delay_ms": 31_000}, {"delay_ms": 6_000, "seconds": 10}, {"seconds": 0}]
)
def test_what_makes_no_sense_is_refused(feed: Live, parameters: dict[str, object]) -> None:
    feed.refuses(BadInput, "tsdb_slow", **parameters)
