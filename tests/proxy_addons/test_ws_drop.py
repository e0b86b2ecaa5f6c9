"""Some messages never arrive, and the same seed loses the same ones."""

import json

import pytest

from harness.scope import Scope
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def survivors(wire: RunningWire, desktop: Desktop, seed: int) -> list[str]:
    """Which of 50 numbered messages arrive."""
    socket, channel = desktop.open_socket()
    lease = wire.arm("ws_drop", Scope((desktop.agent,), topic="numbered"), seed=seed, rate=0.3)
    desktop.upstream.say(channel, *(json.dumps({"topicName": "numbered", "n": n}) for n in range(50)), "end")
    found: list[str] = []
    while not found or found[-1] != "end":
        found.append(str(socket.recv(timeout=5)))
    assert wire.touched(lease) == 51 - len(found)
    wire.control.disarm(lease=lease)
    return found


def test_the_same_seed_loses_the_same_messages(wire: RunningWire, desktop: Desktop) -> None:
    first = survivors(wire, desktop, seed=3)
    assert 1 < len(first) < 51, "some of 50 are lost, and some arrive"
    assert survivors(wire, desktop, seed=3) == first
    assert survivors(wire, desktop, seed=4) != first


def test_only_topics_in_scope_are_lost(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    lease = wire.arm("ws_drop", Scope((plain_desktop.agent,), topic="v2.users.*.presence"), rate=1.0)
    presence, activity = (json.dumps({"topicName": f"v2.users.x.{name}"}) for name in ("presence", "activity"))
    plain_desktop.upstream.say(channel, presence, activity)
    assert socket.recv(timeout=5) == activity
    assert wire.touched(lease) == 1
