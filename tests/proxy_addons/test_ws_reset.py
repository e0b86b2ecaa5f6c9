"""Sockets are reset with a real RST on both sides."""

import socket as sockets
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import ConnectionClosedError

from harness.scope import Scope
from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire, running_wire

pytestmark = pytest.mark.world


def test_an_open_socket_ends_without_a_close_frame_on_both_sides(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_reset", desktop.scope)
    with pytest.raises(ConnectionClosedError) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd is None
    until(lambda: channel in desktop.upstream.closes, "the cloud to lose the socket", 20)
    assert wire.touched(lease) == 1
    until(lambda: wire.records("ws.close", agent=desktop.agent), "evidence of the close", 20)
    assert [(e["code"], e["abnormal"]) for e in wire.records("ws.close", agent=desktop.agent)] == [(1006, True)]
    desktop.open_socket()


UPGRADE = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"


def test_raw_connections_get_a_reset_and_not_an_end_on_both_sides(tmp_path: Path) -> None:
    with sockets.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(5)
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        with running_wire(tmp_path, [host]) as wire:
            proxy = urlsplit(wire.ready["proxy"])
            with sockets.create_connection((str(proxy.hostname), proxy.port), 5) as client:
                client.sendall(f"CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
                assert b" 200 " in client.recv(4096)
                client.sendall(f"GET /channels/c1 HTTP/1.1\r\nHost: {host}\r\n{UPGRADE}{KEY}\r\n".encode())
                server, _ = listener.accept()
                with server:
                    server.settimeout(5)
                    assert b"GET /channels/c1" in server.recv(4096)
                    server.sendall(f"HTTP/1.1 101 Switching Protocols\r\n{UPGRADE}{ACCEPT}\r\n".encode())
                    assert b" 101 " in client.recv(4096)
                    until(wire.control.sockets, "the socket at the wire", 20)
                    wire.arm("ws_reset")
                    for end in (client, server):
                        with pytest.raises(ConnectionResetError):
                            end.recv(4096)


def test_sockets_of_others_stay_open(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, _ = plain_desktop.open_socket()
    lease = wire.arm("ws_reset", Scope(agents=("somebody else",)))
    socket.send("ping")
    assert socket.recv(timeout=5) == "pong"
    assert wire.touched(lease) == 0
