import time

import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Client, Live

ME = "/api/v2/users/me"

pytestmark = pytest.mark.world


def test_answers_trickle_until_it_is_cleared(live: Live, client: Client) -> None:
    with live.fault("slow_body", bytes_per_s=200) as found:
        assert found["seen"]["ms"] > found["seen"]["first_ms"] + 100
        started = time.monotonic()
        client.get()
        assert time.monotonic() - started > 0.1
    cleared = time.monotonic_ns()
    client.get()
    until(lambda: "" in live.touched(cleared).get(ME, ()), "a call that nothing touched", 20)


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "slow_body")).startswith("slow_body is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"path": ""}, "non-empty pattern"),
        ({"bytes_per_s": 0}, "bytes_per_s"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "slow_body", **parameters))
