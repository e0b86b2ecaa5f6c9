"""Notification sockets that cannot be opened."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import seen_refused
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number, whole

__all__ = ["inject_handshake_refused", "clear_handshake_refused"]

FAULT = "handshake_refused"


def inject_handshake_refused(
    status: int = 503,
    percent: float = 100,
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Answer `percent` of the WebSocket handshakes of `agents` with `status`, during `seconds`; open sockets stay.

    Seen in force when the canary's own handshake is refused with that status.
    """
    whole("status", status, 400, 599)
    number("percent", percent, 1, 100)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    parameters = {"status": status, "rate": percent / 100}
    return inject(run, Order(FAULT, scope, seconds, parameters, seen_refused(FAULT, status, percent)))


def clear_handshake_refused(configuration: Configuration = None) -> dict[str, Any]:
    """Let handshakes pass again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
