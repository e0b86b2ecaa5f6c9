"""Notification events that come twice."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_in_events
from harness.breaking.aim import aim_at_events
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_ws_duplicate", "clear_ws_duplicate"]

FAULT = "ws_duplicate"


def inject_ws_duplicate(
    percent: float = 100,
    agents: str = "",
    topic: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Deliver `percent` of the messages about `topic` on the notification sockets of `agents` twice, during `seconds`.

    Seen in force when some of the canary's own events come twice.
    """
    number("percent", percent, 1, 100)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim_at_events(run.world, agents, topic)
    prove = seen_in_events(FAULT, percent, lambda heard: heard.repeated > 0, "repeated events")
    return inject(run, Order(FAULT, scope, seconds, {"rate": percent / 100}, prove, listening, events=True))


def clear_ws_duplicate(configuration: Configuration = None) -> dict[str, Any]:
    """Let every message pass once again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
