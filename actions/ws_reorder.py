"""Notification events that overtake each other."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_in_events
from harness.breaking.aim import aim_at_events
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_ws_reorder", "clear_ws_reorder"]

FAULT = "ws_reorder"
# Not scaled: the next message is as far away as the machine is slow.
WAIT_MS = 1000.0


def inject_ws_reorder(
    percent: float = 100,
    agents: str = "",
    topic: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let `percent` of the messages about `topic` on sockets of `agents` be overtaken by the next, during `seconds`.

    Seen in force when some of the canary's own events come after later ones.
    """
    number("percent", percent, 1, 100)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim_at_events(run.world, agents, topic)
    prove = seen_in_events(FAULT, percent, lambda heard: heard.overtaken > 0, "events out of order")
    parameters = {"rate": percent / 100, "wait_ms": WAIT_MS}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove, listening, events=True))


def clear_ws_reorder(configuration: Configuration = None) -> dict[str, Any]:
    """Let messages pass in order again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
