import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live

pytestmark = pytest.mark.world


def test_tokens_in_use_are_refused_and_new_ones_are_good(live: Live, client: Client) -> None:
    with live.fault("token_revoked") as found:
        assert found["seen"]["status"] == 401
        assert client.get().status_code == 401
        client.token = str(client.refresh().json()["access_token"])
        assert client.get().status_code == 200


def test_refreshes_can_be_refused_too(live: Live, client: Client) -> None:
    with live.fault("token_revoked", refresh_refused=True):
        assert client.refresh().status_code == 400
    assert client.refresh().status_code == 200


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "token_revoked")).startswith(
        "token_revoked is not in force: expected "
    )


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"refresh_refused": "yes"}, "true or false"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "token_revoked", **parameters))
