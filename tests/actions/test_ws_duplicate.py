import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, heard

pytestmark = pytest.mark.world


def test_events_come_twice_until_it_is_cleared(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("ws_duplicate") as found:
        assert found["seen"]["repeated"] == found["seen"]["sent"]
        client.flip(["twice"])
        assert heard(socket) == ["twice", "twice"]
    client.flip(["once"])
    assert heard(socket) == ["once"]


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "ws_duplicate")).startswith("ws_duplicate is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"topic": ""}, "non-empty pattern"),
        ({"topic": "v2.routing.*"}, "the canary's own presence"),
        ({"percent": 0}, "percent: expected a number from 1 to 100"),
        ({"percent": "50"}, "found '50'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "ws_duplicate", **parameters))
