import time

import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Client, Live

TOKEN = "/oauth/token"

pytestmark = pytest.mark.world


def test_refreshes_are_late_and_other_calls_are_not(live: Live, client: Client) -> None:
    with live.fault("token_refresh_delay", delay_ms=6000) as found:
        assert found["seen"]["ms"] >= 600
        armed = time.monotonic_ns()
        client.get()
        started = time.monotonic()
        client.refresh()
        assert time.monotonic() - started >= 0.6
        until(lambda: live.touched(armed).get(TOKEN), "the refresh in the evidence", 20)
        touched = live.touched(armed)
        assert touched.pop(TOKEN) == {"token_refresh_delay"}
        assert set().union(*touched.values()) == {""}
    cleared = time.monotonic_ns()
    client.refresh()
    until(lambda: "" in live.touched(cleared).get(TOKEN, ()), "a refresh that nothing touched", 20)


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "token_refresh_delay")).startswith(
        "token_refresh_delay is not in force: expected "
    )


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"delay_ms": 0}, "delay_ms"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "token_refresh_delay", **parameters))
