import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, heard

pytestmark = pytest.mark.world


def test_events_overtake_each_other_until_it_is_cleared(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("ws_reorder") as found:
        assert found["seen"]["overtaken"] > 0
        client.flip("abcd")
        assert heard(socket) == ["b", "a", "d", "c"]
    client.flip("ef")
    assert heard(socket) == ["e", "f"]


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "ws_reorder")).startswith("ws_reorder is not in force: expected ")


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
    assert says in str(live.refuses(BadInput, "ws_reorder", **parameters))
