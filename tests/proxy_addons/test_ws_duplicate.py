"""Some messages arrive twice."""

import pytest

from harness.scope import Scope
from tests.proxy_addons.conftest import Desktop, RunningWire, heard, silent

pytestmark = pytest.mark.world


def test_every_message_arrives_twice_if_that_was_ordered(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_duplicate", desktop.scope, rate=1.0)
    desktop.upstream.say(channel, "a", "b", "c")
    found = heard(socket, 6)
    assert sorted(found) == ["a", "a", "b", "b", "c", "c"]
    assert list(dict.fromkeys(found)) == ["a", "b", "c"]
    assert silent(socket, 0.1)
    assert wire.touched(lease) == 3


def test_sockets_of_others_are_left_alone(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    wire.arm("ws_duplicate", Scope(agents=("somebody else",)), rate=1.0)
    plain_desktop.upstream.say(channel, "a")
    assert heard(socket, 1) == ["a"]
    assert silent(socket, 0.1)
