import time

import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live, heard

pytestmark = pytest.mark.world


def test_events_come_late_until_it_is_cleared(live: Live, client: Client) -> None:
    socket = client.socket()
    with live.fault("ws_delay", delay_ms=4000) as found:
        assert found["seen"]["fastest_ms"] >= 400
        started = time.monotonic()
        client.flip(["late"])
        assert heard(socket, quiet_s=2) == ["late"]
        assert time.monotonic() - started >= 0.4
    client.flip(["at once"])
    assert heard(socket) == ["at once"]


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "ws_delay")).startswith("ws_delay is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"topic": ""}, "non-empty pattern"),
        ({"topic": "v2.routing.*"}, "the canary's own presence"),
        ({"delay_ms": 0}, "delay_ms"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "ws_delay", **parameters))
