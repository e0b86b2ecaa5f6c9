"""The connection ends in the middle of an answer."""

import httpx
import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_the_connection_ends_in_the_middle_of_the_body(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("cut_body", desktop.scope, after=0.25)
    received = b""
    with (
        pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"),
        desktop.http.stream("GET", "/api/v2/things/1000") as answer,
    ):
        for chunk in answer.iter_bytes():
            received += chunk
    assert 0 < len(received) == int(answer.headers["content-length"]) // 4
    assert wire.touched(lease) == 1
    until(lambda: wire.records("api", agent=desktop.agent)[-1]["status"] == 0, "evidence of a cut call", 20)
    wire.control.disarm()
    assert desktop.get(1000).status_code == 200
