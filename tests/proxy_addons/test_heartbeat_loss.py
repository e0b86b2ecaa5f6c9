"""Heartbeats no longer reach the desktop, everything else does."""

import json

import pytest

from tests.proxy_addons.conftest import Desktop, RunningWire, heard

pytestmark = pytest.mark.world

HEARTBEAT = json.dumps({"topicName": "channel.metadata", "eventBody": {"message": "WebSocket Heartbeat"}})
PRESENCE = json.dumps({"topicName": "v2.users.x.presence", "eventBody": {"message": "channel.metadata"}})


def test_only_heartbeats_are_lost(wire: RunningWire, desktop: Desktop) -> None:
    socket, channel = desktop.open_socket()
    lease = wire.arm("heartbeat_loss", desktop.scope)
    desktop.upstream.say(channel, HEARTBEAT, PRESENCE, HEARTBEAT, PRESENCE)
    assert heard(socket, 2) == [PRESENCE, PRESENCE]
    assert wire.touched(lease) == 2
    wire.control.disarm()
    desktop.upstream.say(channel, HEARTBEAT)
    assert heard(socket, 1) == [HEARTBEAT]
