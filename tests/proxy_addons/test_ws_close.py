"""Sockets are closed with a code and a reason."""

import pytest
from websockets.exceptions import ConnectionClosed

from harness.errors import BadInput
from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_both_sides_get_the_close_frame(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_close", desktop.scope, code=4001, reason="chaos")
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "chaos")
    until(lambda: desktop.upstream.closes.get(channel) == 4001, "the close at the cloud", 20)
    until(lambda: wire.records("ws.close", agent=desktop.agent), "evidence of the close", 20)
    closes = wire.records("ws.close", agent=desktop.agent)
    assert [(e["code"], e["channel"], e["abnormal"]) for e in closes] == [(4001, channel, True)]
    assert wire.touched(lease) == 1
    assert not [s for s in wire.control.sockets() if s.agent == desktop.agent]


@pytest.mark.parametrize("code", [1004, 1005, 1006, 1015, 2000])
def test_a_code_that_no_frame_may_carry_is_refused(wire: RunningWire, code: int) -> None:
    with pytest.raises(BadInput, match="a code that may stand in a close frame"):
        wire.arm("ws_close", code=code)


def test_a_reason_too_long_for_a_frame_is_refused(wire: RunningWire) -> None:
    with pytest.raises(BadInput, match="at most 123 bytes"):
        wire.arm("ws_close", reason="x" * 124)
