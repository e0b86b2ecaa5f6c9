import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, closed, pong

pytestmark = pytest.mark.world


def test_channels_are_gone_and_new_ones_can_be_had(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("channel_evicted") as found:
        assert found["seen"] == {"channel_status": 404}
        assert closed(socket) is not None
    assert pong(client.socket())


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert "a channel that is still there" in str(sabotaged.refuses(FaultNotInForce, "channel_evicted"))


def test_a_cloud_that_is_not_ours_cannot_be_told_to(public: Live) -> None:
    assert "a cloud that is not ours" in str(public.refuses(BadInput, "channel_evicted"))


def test_unknown_agents_are_refused(live: Live) -> None:
    live.refuses(BadInput, "channel_evicted", agents="nobody")
