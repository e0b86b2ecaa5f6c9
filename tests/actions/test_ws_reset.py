import pytest
from websockets.exceptions import InvalidStatus

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, closed, pong

pytestmark = pytest.mark.world


def test_sockets_end_without_a_close_frame(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("ws_reset") as found:
        assert found["seen"]["code"] == 1006
        assert closed(socket) is None
        assert pong(client.socket())
    assert pong(client.socket())


def test_new_sockets_can_be_refused_meanwhile(live: Live, client: Client) -> None:
    with live.fault("ws_reset", refuse_new=True), pytest.raises(InvalidStatus):
        client.socket()
    assert pong(client.socket())


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "ws_reset")).startswith("ws_reset is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"repeat_s": -1}, "repeat_s"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "ws_reset", **parameters))
