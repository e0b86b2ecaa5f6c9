import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, heard, pong

pytestmark = pytest.mark.world


def test_beats_and_pongs_are_lost_and_events_are_not(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("heartbeat_loss") as found:
        assert "0 missing" in found["seen"]["events"]
        assert not pong(socket, within_s=0.5)
        client.flip(["a", "b"])
        assert heard(socket) == ["a", "b"]
    assert pong(socket, within_s=3)


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "heartbeat_loss")).startswith(
        "heartbeat_loss is not in force: expected "
    )


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
    assert says in str(live.refuses(BadInput, "heartbeat_loss", **parameters))
