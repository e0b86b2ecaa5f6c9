"""Each call and each socket is in the evidence once it ended."""

import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_a_call_is_recorded_with_its_agent_and_without_its_query(wire: RunningWire, desktop: Desktop) -> None:
    assert desktop.http.get("/api/v2/things/5?secret=1").status_code == 200
    api = wire.records("api", agent=desktop.agent)[-1]
    assert (api["method"], api["path"], api["status"], api["touched"]) == ("GET", "/api/v2/things/5", 200, [])
    assert 0 < api["ms"] < 5000


def test_a_socket_is_recorded_from_opening_to_close(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    opened = wire.records("ws.open", agent=desktop.agent)
    assert [e["channel"] for e in opened] == [channel]
    socket.close(1000)
    until(lambda: wire.records("ws.close", agent=desktop.agent), "evidence of the close", 20)
    closed = wire.records("ws.close", agent=desktop.agent)
    assert [(e["channel"], e["socket"], e["code"], e["abnormal"]) for e in closed] == [
        (channel, opened[0]["socket"], 1000, False)
    ]
    assert wire.records("api", agent=desktop.agent)[-1]["path"] == "/api/v2/notifications/channels"
