"""Notification events that never come."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import SILENCE_S, listening, seen_in_events
from harness.breaking.aim import aim_at_events
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_ws_drop", "clear_ws_drop"]

FAULT = "ws_drop"


def inject_ws_drop(
    percent: float = 100,
    agents: str = "",
    topic: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Drop `percent` of the messages about `topic` on the notification sockets of `agents`, during `seconds`.

    Seen in force when some of the canary's own events are missing.
    """
    number("percent", percent, 1, 100)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim_at_events(run.world, agents, topic)
    prove = seen_in_events(FAULT, percent, lambda heard: heard.missing > 0, "missing events", SILENCE_S)
    return inject(run, Order(FAULT, scope, seconds, {"rate": percent / 100}, prove, listening, events=True))


def clear_ws_drop(configuration: Configuration = None) -> dict[str, Any]:
    """Let every message pass again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
