"""Sockets are half open: nothing passes, TCP stays up, and everything goes on afterwards."""

import pytest
from websockets.exceptions import ConnectionClosed

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire, heard, silent

pytestmark = pytest.mark.world


def test_nothing_passes_in_either_direction_until_it_is_disarmed(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_stall", desktop.scope)
    desktop.upstream.say(channel, "one", "two")
    socket.send("from the desktop")
    pong = socket.ping()
    assert silent(socket, 0.3)
    assert not pong.is_set()
    assert "from the desktop" not in desktop.upstream.heard
    assert wire.touched(lease) == 1
    wire.control.disarm()
    assert heard(socket, 2) == ["one", "two"]
    until(lambda: "from the desktop" in desktop.upstream.heard, "what the desktop said", 20)
    assert pong.wait(5)


def test_a_close_does_not_pass_either(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    wire.arm("ws_stall", plain_desktop.scope)
    socket.close()  # gives up after its own limit, as no answer comes
    until(lambda: wire.records("ws.close", agent=plain_desktop.agent), "evidence that the desktop is rid of it", 20)
    assert channel not in plain_desktop.upstream.closes
    wire.control.disarm()
    until(lambda: channel in plain_desktop.upstream.closes, "the close at the cloud", 20)
    assert len(wire.records("ws.close", agent=plain_desktop.agent)) == 1


@pytest.mark.parametrize(("new_sockets", "stalled"), [(True, 1), (False, 0)])
def test_new_sockets_stall_too_unless_spared(
    wire: RunningWire, plain_desktop: Desktop, new_sockets: bool, stalled: int
) -> None:
    lease = wire.arm("ws_stall", plain_desktop.scope, new_sockets=new_sockets)
    socket, channel = plain_desktop.open_socket()
    plain_desktop.upstream.say(channel, "hello")
    assert silent(socket, 0.2) == new_sockets
    assert wire.touched(lease) == stalled
    wire.control.disarm()
    if new_sockets:
        assert heard(socket, 1) == ["hello"]


def test_a_stalled_socket_can_still_be_reset(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, _ = plain_desktop.open_socket()
    wire.arm("ws_stall", plain_desktop.scope)
    reset = wire.arm("ws_reset", plain_desktop.scope)
    with pytest.raises(ConnectionClosed):
        socket.recv(timeout=5)
    assert wire.touched(reset) == 1
    wire.control.disarm()
    until(lambda: wire.records("ws.close", agent=plain_desktop.agent), "evidence of the close", 20)
