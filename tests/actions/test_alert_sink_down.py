import httpx
import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Live
from tests.actions.feed_world import comes_to_normal, post, trial
from tests.actions.feed_world import feed as feed
from tests.actions.feed_world import idle_feed as idle_feed

pytestmark = pytest.mark.world


def test_no_alert_arrives_until_it_is_cleared(feed: Live) -> None:
    with feed.fault("alert_sink_down", cut=True) as found:
        assert found["in_force"]
        assert found["seen"]["touched"] >= 1
        assert len(trial(feed, "/alerts/generic").refused) == 8
        with pytest.raises(httpx.RemoteProtocolError):
            post(feed, "/alertmanager/api/v2/alerts")
    assert comes_to_normal(feed, "/alerts/generic")
    assert feed.clear("alert_sink_down") == {"fault": "alert_sink_down", "in_force": False}


def test_it_is_not_believed_without_being_seen(idle_feed: Live) -> None:
    error = idle_feed.refuses(FaultNotInForce, "alert_sink_down", cut=True)
    assert str(error).startswith("alert_sink_down is not in force: expected alerts that are not taken")


@pytest.mark.parametrize("parameters", [{"cut": 1}, {"seconds": 0}])
def test_what_makes_no_sense_is_refused(feed: Live, parameters: dict[str, object]) -> None:
    feed.refuses(BadInput, "alert_sink_down", **parameters)
