"""Bodies trickle at a pace."""

import threading
import time

import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_the_body_comes_at_the_ordered_pace(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("slow_body", desktop.scope, bytes_per_s=2000)
    started = time.monotonic()
    assert len(desktop.get(985).content) == 999
    assert time.monotonic() - started > 0.4
    assert wire.touched(lease) == 1
    until(lambda: wire.records("api", agent=desktop.agent)[-1]["touched"] == ["slow_body"], "evidence", 20)
    api = wire.records("api", agent=desktop.agent)[-1]
    assert (api["status"], api["ms"] > 400) == (200, True)
    wire.control.disarm()
    desktop.get(985)
    assert wire.touches(2, "/api/v2/things/985", desktop.agent) == [["slow_body"], []]


def test_headers_come_at_once_and_the_body_in_pieces(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("slow_body", plain_desktop.scope, bytes_per_s=2000)
    with plain_desktop.http.stream("GET", "/api/v2/things/600") as answer:
        began = time.monotonic()
        assert len(list(answer.iter_raw())) > 5
        assert time.monotonic() - began > 0.1


def test_the_rest_comes_at_once_when_the_fault_ends(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("slow_body", plain_desktop.scope, bytes_per_s=10)
    lengths: list[int] = []
    caller = threading.Thread(target=lambda: lengths.append(len(plain_desktop.get(985).content)))
    caller.start()
    until(lambda: wire.touched(lease), "the body to trickle", 20)
    wire.control.disarm()
    caller.join()
    assert lengths == [999]


def test_a_caller_that_leaves_in_the_middle_leaves_evidence(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("slow_body", plain_desktop.scope, bytes_per_s=100)
    with plain_desktop.http.stream("GET", "/api/v2/things/10000"):
        pass
    until(lambda: wire.records("api", agent=plain_desktop.agent)[-1]["status"] == 0, "evidence of the cut call", 20)


def test_a_socket_can_still_be_opened_on_a_connection_that_was_slow(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("slow_body", plain_desktop.scope, bytes_per_s=100_000)
    socket, _ = plain_desktop.open_socket()
    socket.send("ping")
    assert socket.recv(timeout=5) == "pong"
    assert wire.touched(lease) == 1
