import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, pong

pytestmark = pytest.mark.world


def test_nothing_passes_until_it_is_cleared_and_then_the_same_socket_goes_on(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("ws_stall") as found:
        assert found["seen"]["socket"] == "open"
        assert not pong(socket, within_s=0.5)
    assert pong(socket, within_s=3)


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "ws_stall")).startswith("ws_stall is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "ws_stall", **parameters))
