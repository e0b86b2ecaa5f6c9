import httpx
import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live

pytestmark = pytest.mark.world


def test_calls_are_never_answered_until_it_is_cleared(live: Live, client: Client) -> None:
    with live.fault("api_hang") as found:
        assert found["seen"]["body"] == "none"
        with pytest.raises(httpx.ReadTimeout):
            client.get(within_s=0.5)
    assert client.get().status_code == 200


def test_a_path_that_the_canary_has_no_business_with_can_be_proved(live: Live) -> None:
    with live.fault("api_hang", path="/api/v2/conversations/*/participants/*/wrapup") as found:
        assert found["seen"]["path"].endswith("/wrapup")


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "api_hang")).startswith("api_hang is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"path": ""}, "non-empty pattern"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "api_hang", **parameters))
