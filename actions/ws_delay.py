"""Notification events that come late."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import CLOSE_WITHIN_S, listening, seen_in_events
from harness.breaking.aim import aim_at_events
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_ws_delay", "clear_ws_delay"]

FAULT = "ws_delay"


def inject_ws_delay(
    delay_ms: float = 2000,
    agents: str = "",
    topic: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Hold back messages about `topic` on the notification sockets of `agents` for `delay_ms`, during `seconds`.

    Seen in force when the canary's own events come at least that late.
    """
    number("delay_ms", delay_ms, 1, 600_000)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim_at_events(run.world, agents, topic)
    wall_ms = run.scaled(delay_ms)
    prove = seen_in_events(
        FAULT,
        100,
        lambda heard: not heard.missing and min(heard.delays_ms) >= wall_ms,
        f"events after {wall_ms:g} ms or more",
        within_s=wall_ms / 1000 + CLOSE_WITHIN_S,
    )
    return inject(run, Order(FAULT, scope, seconds, {"delay_ms": wall_ms}, prove, listening, events=True))


def clear_ws_delay(configuration: Configuration = None) -> dict[str, Any]:
    """Let messages pass at once again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
