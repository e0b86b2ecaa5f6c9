"""Notification sockets that are closed with a code."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_closing
from harness.aim import aim
from harness.canary import Look
from harness.fault import Order, clear, inject, wire_run
from harness.limits import line, whole

__all__ = ["inject_ws_close", "clear_ws_close"]

FAULT = "ws_close"


def inject_ws_close(
    code: int = 1001,
    reason: str = "",
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Close the notification sockets of `agents` with close `code` and `reason`.

    Seen in force when the canary's own socket is closed with that code.
    """
    whole("code", code, 1000, 4999)
    line("reason", reason)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    prove = seen_closing(FAULT, lambda found: found == code, f"a close with code {code}")
    parameters = {"code": code, "reason": reason}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove, listening, (Look.SOCKET,)))


def clear_ws_close(configuration: Configuration = None) -> dict[str, Any]:
    """Leave notification sockets open again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
