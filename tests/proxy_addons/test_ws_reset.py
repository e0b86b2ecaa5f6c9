"""Sockets are reset with a real RST on both sides."""

import socket as sockets
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from harness.scope import Scope
from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_an_open_socket_ends_without_a_close_frame_on_both_sides(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_reset", desktop.scope)
    with pytest.raises(ConnectionClosedError) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd is None
    until(lambda: channel in desktop.upstream.closes, "the cloud to lose the socket", 5)
    assert wire.touched(lease) == 1
    until(lambda: wire.records("ws.close", agent=desktop.agent), "evidence of the close", 5)
    assert [(e["code"], e["abnormal"]) for e in wire.records("ws.close", agent=desktop.agent)] == [(1006, True)]
    desktop.open_socket()


def test_a_raw_client_gets_a_reset_and_not_an_end(wire: RunningWire, plain_desktop: Desktop) -> None:
    channel, host = plain_desktop.open_channel(), plain_desktop.upstream.host
    proxy = urlsplit(wire.ready["proxy"])
    with sockets.create_connection((str(proxy.hostname), proxy.port), 5) as raw:
        raw.sendall(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        assert b" 200 " in raw.recv(4096)
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13"
        upgrade = "Upgrade: websocket\r\nConnection: Upgrade"
        raw.sendall(f"GET /channels/{channel} HTTP/1.1\r\nHost: {host}\r\n{upgrade}\r\n{key}\r\n\r\n".encode())
        assert b" 101 " in raw.recv(4096)
        until(lambda: wire.records("ws.open", agent=plain_desktop.agent), "the socket", 5)
        wire.arm("ws_reset", plain_desktop.scope)
        with pytest.raises(ConnectionResetError):
            raw.recv(4096)


def test_sockets_of_others_stay_open(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, _ = plain_desktop.open_socket()
    lease = wire.arm("ws_reset", Scope(agents=("somebody else",)))
    socket.send("ping")
    assert socket.recv(timeout=5) == "pong"
    assert wire.touched(lease) == 0


def test_it_goes_on_resetting_if_that_was_ordered(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("ws_reset", plain_desktop.scope, repeat_s=0.1)
    for _ in range(2):
        socket, _ = plain_desktop.open_socket()
        with pytest.raises(ConnectionClosedError):
            socket.recv(timeout=5)
    assert wire.touched(lease) == 2
    wire.control.disarm()
    socket, _ = plain_desktop.open_socket()
    socket.send("ping")
    assert socket.recv(timeout=5) == "pong"


def test_new_sockets_are_refused_while_armed_if_that_was_ordered(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("ws_reset", plain_desktop.scope, refuse_new=True)
    with pytest.raises(InvalidStatus) as refusal:
        plain_desktop.open_socket()
    assert refusal.value.response.status_code == 503
    assert wire.records("ws.refused", agent=plain_desktop.agent)[-1]["status"] == 503
