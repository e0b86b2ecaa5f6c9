"""Messages arrive later, in their order."""

import time

import pytest

from harness.scope import Direction, Scope
from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire, heard

pytestmark = pytest.mark.world


def test_messages_arrive_later_each_by_the_same_time_and_in_order(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_delay", desktop.scope, delay_ms=1000)
    started = time.monotonic()
    desktop.upstream.say(channel, *map(str, range(10)))
    assert heard(socket, 10) == list(map(str, range(10)))
    assert 1.0 <= time.monotonic() - started < 5
    assert wire.touched(lease) == 10


def test_what_is_held_back_goes_on_in_order_when_it_is_disarmed(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    lease = wire.arm("ws_delay", plain_desktop.scope, delay_ms=60_000)
    plain_desktop.upstream.say(channel, "one", "two")
    until(lambda: wire.touched(lease) == 2, "both to be held back", 20)
    wire.control.disarm()
    plain_desktop.upstream.say(channel, "three")
    assert heard(socket, 3) == ["one", "two", "three"]


def test_only_one_direction_is_slow_if_that_was_ordered(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    wire.arm("ws_delay", Scope((plain_desktop.agent,), direction=Direction.TO_CLOUD), delay_ms=60_000)
    socket.send("later")
    plain_desktop.upstream.say(channel, "at once")
    assert heard(socket, 1, within_s=2) == ["at once"]
    assert "later" not in plain_desktop.upstream.heard
