"""Notification sockets that are reset (RST)."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_closing
from harness.aim import aim
from harness.canary import NO_CLOSE_FRAME, Look
from harness.fault import Order, clear, inject, wire_run

__all__ = ["inject_ws_reset", "clear_ws_reset"]

FAULT = "ws_reset"


def inject_ws_reset(
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Reset the notification sockets of `agents`: no close frame, no goodbye.

    Seen in force when the canary's own socket ends without a close frame.
    """
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    prove = seen_closing(FAULT, lambda code: code == NO_CLOSE_FRAME, "an end without a close frame")
    return inject(run, Order(FAULT, scope, seconds, {}, prove, listening, (Look.SOCKET,)))


def clear_ws_reset(configuration: Configuration = None) -> dict[str, Any]:
    """Leave notification sockets open again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
