import pytest
from websockets.exceptions import InvalidStatus

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, pong

pytestmark = pytest.mark.world


def test_new_sockets_are_refused_and_open_ones_stay(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("handshake_refused", status=502) as found:
        assert found["seen"]["status"] == 502
        with pytest.raises(InvalidStatus) as refused:
            client.socket()
        assert refused.value.response.status_code == 502
        assert pong(socket)
    assert pong(client.socket())


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "handshake_refused")).startswith(
        "handshake_refused is not in force: expected "
    )


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"percent": 0}, "percent: expected a number from 1 to 100"),
        ({"percent": "50"}, "found '50'"),
        ({"status": 200}, "status"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "handshake_refused", **parameters))
