"""Desktops are told before their socket is closed."""

import json
import time

import pytest
from websockets.exceptions import ConnectionClosed

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire, heard, silent

pytestmark = pytest.mark.world


def test_the_notice_comes_first_and_the_close_after_the_lead_time(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("closing_notice", desktop.scope, lead_s=0.3)
    started = time.monotonic()
    notice = json.loads(heard(socket, 1)[0])
    assert notice["topicName"] == "v2.system.socket_closing"
    assert notice["eventBody"]["channelId"] == channel
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001
    assert time.monotonic() - started > 0.25
    until(lambda: wire.touched(lease) == 2, "both effects to be counted", 20)


def test_no_socket_is_closed_after_the_fault_was_disarmed(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, _ = plain_desktop.open_socket()
    wire.arm("closing_notice", plain_desktop.scope, lead_s=0.2)
    heard(socket, 1)
    wire.control.disarm()
    assert silent(socket, 0.4)


@pytest.mark.parametrize(("grace_s", "spared"), [(0, True), (0.1, False)])
def test_a_new_socket_is_spared_or_told_later(
    wire: RunningWire, plain_desktop: Desktop, grace_s: float, spared: bool
) -> None:
    wire.arm("closing_notice", plain_desktop.scope, lead_s=10, new_socket_grace_s=grace_s)
    socket, _ = plain_desktop.open_socket()
    assert silent(socket, 0.4) == spared
