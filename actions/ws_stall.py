"""Notification sockets that are open and dead."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_silent
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run

__all__ = ["inject_ws_stall", "clear_ws_stall"]

FAULT = "ws_stall"


def inject_ws_stall(
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let nothing pass over the notification sockets of `agents`, without closing them, during `seconds`.

    Seen in force when the canary's own pings get no pong while its socket stays open.
    """
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    return inject(run, Order(FAULT, scope, seconds, {}, seen_silent(FAULT), listening))


def clear_ws_stall(configuration: Configuration = None) -> dict[str, Any]:
    """Let messages pass again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
