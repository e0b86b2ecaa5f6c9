import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, closed, pong

pytestmark = pytest.mark.world


def test_sockets_are_closed_with_the_code(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("ws_close", code=4001, reason="tested") as found:
        assert found["seen"] == {"code": 4001, "reason": "tested", "touched": found["seen"]["touched"]}
        assert closed(socket) == (4001, "tested")
    assert pong(client.socket())


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "ws_close")).startswith("ws_close is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"code": 1006}, "may stand in a close frame"),
        ({"code": 10}, "whole number"),
        ({"reason": "two\nlines"}, "one line"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "ws_close", **parameters))
