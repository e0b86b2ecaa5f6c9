"""Some messages arrive after the one that was sent next."""

import pytest

from tests.proxy_addons.conftest import Desktop, RunningWire, heard, silent

pytestmark = pytest.mark.world


def test_messages_change_places_in_pairs(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_reorder", desktop.scope, rate=1.0)
    for pair in (("0", "1"), ("2", "3")):
        desktop.upstream.say(channel, *pair)
        assert heard(socket, 2) == [pair[1], pair[0]]
    assert wire.touched(lease) == 2


def test_nothing_is_lost_in_a_burst(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    wire.arm("ws_reorder", plain_desktop.scope, rate=0.5, wait_ms=100)
    sent = list(map(str, range(50)))
    plain_desktop.upstream.say(channel, *sent)
    found = heard(socket, 50)
    assert sorted(found) == sorted(sent)
    assert found != sent


def test_a_message_without_a_successor_goes_on(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    lease = wire.arm("ws_reorder", plain_desktop.scope, rate=1.0, wait_ms=100)
    plain_desktop.upstream.say(channel, "alone")
    assert heard(socket, 1) == ["alone"]
    assert wire.touched(lease) == 0


def test_what_waits_goes_on_when_it_is_disarmed(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    wire.arm("ws_reorder", plain_desktop.scope, rate=1.0, wait_ms=60_000)
    plain_desktop.upstream.say(channel, "waits")
    assert silent(socket, 0.2)
    wire.control.disarm()
    assert heard(socket, 1) == ["waits"]
