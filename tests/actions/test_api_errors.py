import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live

pytestmark = pytest.mark.world


def test_calls_fail_with_one_of_the_statuses_until_it_is_cleared(live: Live, client: Client) -> None:
    with live.fault("api_errors", statuses="500, 502") as found:
        assert found["seen"]["status"] in (500, 502)
        assert {client.get().status_code for _ in range(8)} <= {500, 502}
    assert client.get().status_code == 200


def test_a_call_may_be_carried_out_though_it_fails(live: Live, client: Client) -> None:
    path = f"/api/v2/users/{client.agent}/presences/PURECLOUD"
    with live.fault("api_errors", statuses="503", execute=True):
        assert client.request("PATCH", path, {"message": "done after all"}).status_code == 503
    assert client.get(path).json()["message"] == "done after all"


def test_a_share_of_the_calls_fails(live: Live, client: Client) -> None:
    with live.fault("api_errors", percent=40) as found:
        assert found["seen"]["calls"] >= 1
        assert {client.get().status_code for _ in range(30)} == {200, 503}


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "api_errors")).startswith("api_errors is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"path": ""}, "non-empty pattern"),
        ({"percent": 0}, "percent: expected a number from 1 to 100"),
        ({"percent": "50"}, "found '50'"),
        ({"statuses": "200"}, "HTTP statuses from 400 to 599"),
        ({"statuses": ""}, "HTTP statuses"),
        ({"execute": 1}, "true or false"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "api_errors", **parameters))
