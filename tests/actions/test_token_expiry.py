import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Client, Live

pytestmark = pytest.mark.world


def test_new_tokens_are_short_lived_until_it_is_cleared(live: Live, client: Client) -> None:
    with live.fault("token_expiry", expires_in_s=5) as found:
        assert found["seen"]["expires_in_s"] == 0.5
        answer = client.refresh().json()
        assert answer["expires_in"] == 0.5
        client.token = str(answer["access_token"])
        assert until(lambda: client.get().status_code == 401, "the token to end", within_s=20)
    assert client.refresh().json()["expires_in"] > 60


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "token_expiry")).startswith("token_expiry is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"expires_in_s": 0}, "expires_in_s"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "token_expiry", **parameters))
