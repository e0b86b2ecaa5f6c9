import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live

pytestmark = pytest.mark.world


def test_calls_are_told_to_come_back_later_until_it_is_cleared(live: Live, client: Client) -> None:
    with live.fault("rate_limit", retry_after_s=30) as found:
        assert found["seen"]["retry_after_s"] == 3
        answer = client.get()
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert client.get().status_code == 200


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "rate_limit")).startswith("rate_limit is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"path": ""}, "non-empty pattern"),
        ({"percent": 0}, "percent: expected a number from 1 to 100"),
        ({"percent": "50"}, "found '50'"),
        ({"retry_after_s": 0}, "retry_after_s"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "rate_limit", **parameters))
