"""Several faults at once, and traffic while none is in force."""

import pytest

from harness.scope import Scope
from tests.proxy_addons.conftest import Desktop, RunningWire, heard

pytestmark = pytest.mark.world


def test_two_faults_touch_the_same_call(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("api_latency", plain_desktop.scope, delay_ms=50)
    wire.arm("api_errors", plain_desktop.scope, statuses="502")
    assert plain_desktop.get().status_code == 502
    api = wire.records("api", agent=plain_desktop.agent)[-1]
    assert api["touched"] == ["api_latency", "api_errors"]
    assert api["ms"] >= 50


def test_two_faults_touch_the_same_message_and_order_is_kept(wire: RunningWire, plain_desktop: Desktop) -> None:
    socket, channel = plain_desktop.open_socket()
    wire.arm("ws_duplicate", plain_desktop.scope, rate=1.0)
    wire.arm("ws_delay", plain_desktop.scope, delay_ms=50)
    plain_desktop.upstream.say(channel, "a", "b")
    assert list(dict.fromkeys(heard(socket, 4))) == ["a", "b"]


def test_the_share_of_agents_and_those_always_meant(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("api_errors", Scope(share=1e-9, always=(plain_desktop.agent,)))
    assert plain_desktop.get().status_code >= 500
    wire.control.disarm(lease=lease)
    wire.arm("api_errors", Scope(share=1e-9, always=("the canary",)))
    assert plain_desktop.get().status_code == 200


def test_large_messages_and_binary_ones_pass_unchanged(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    wire.arm("ws_delay", desktop.scope, delay_ms=10)
    text = "grüße " * 20_000
    desktop.upstream.say(channel, text)
    assert heard(socket, 1) == [text]
