"""New sockets are refused, open ones stay."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_new_sockets_are_refused_and_open_ones_stay(wire: RunningWire, desktop: Desktop) -> None:
    socket, _ = desktop.open_socket()
    lease = wire.arm("handshake_refused", desktop.scope, status=429)
    channel = desktop.open_channel()
    with pytest.raises(InvalidStatus) as refusal:
        desktop.open_socket(channel)
    assert refusal.value.response.status_code == 429
    assert wire.touched(lease) == 1
    refused = wire.records("ws.refused", agent=desktop.agent)
    assert [(e["status"], e["channel"]) for e in refused] == [(429, channel)]
    assert channel not in desktop.upstream.sockets
    socket.send("ping")
    assert socket.recv(timeout=5) == "pong"
    wire.control.disarm()
    desktop.open_socket(channel)
