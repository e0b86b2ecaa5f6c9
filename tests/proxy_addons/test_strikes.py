"""Faults that hit sockets do so once or again and again, and may close the way back."""

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = [pytest.mark.world, pytest.mark.parametrize("fault", ["ws_reset", "ws_close"])]


def test_a_socket_opened_later_stays_open(wire: RunningWire, plain_desktop: Desktop, fault: str) -> None:
    lease = wire.arm(fault, plain_desktop.scope)
    socket, _ = plain_desktop.open_socket()
    socket.send("ping")
    assert socket.recv(timeout=5) == "pong"
    assert wire.touched(lease) == 0


def test_it_goes_on_hitting_if_that_was_ordered(wire: RunningWire, plain_desktop: Desktop, fault: str) -> None:
    lease = wire.arm(fault, plain_desktop.scope, repeat_s=0.1)
    for _ in range(2):
        socket, _ = plain_desktop.open_socket()
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
    assert wire.touched(lease) == 2
    wire.control.disarm()
    socket, _ = plain_desktop.open_socket()
    socket.send("ping")
    assert socket.recv(timeout=5) == "pong"


def test_new_sockets_are_refused_if_that_was_ordered(wire: RunningWire, plain_desktop: Desktop, fault: str) -> None:
    lease = wire.arm(fault, plain_desktop.scope, refuse_new=True)
    with pytest.raises(InvalidStatus) as refusal:
        plain_desktop.open_socket()
    assert refusal.value.response.status_code == 503
    assert wire.records("ws.refused", agent=plain_desktop.agent)[-1]["status"] == 503
    assert wire.touched(lease) == 1
