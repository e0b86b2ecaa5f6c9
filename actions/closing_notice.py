"""Notification sockets that are announced to close."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_notice
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_closing_notice", "clear_closing_notice"]

FAULT = "closing_notice"


def inject_closing_notice(
    notice_s: float = 60,
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Announce a close to the notification sockets of `agents`, and close them `notice_s` later.

    Seen in force when the canary's own socket gets `v2.system.socket_closing`.
    """
    number("notice_s", notice_s, 1, 3600)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    parameters = {"lead_s": run.scaled(notice_s)}
    return inject(run, Order(FAULT, scope, seconds, parameters, seen_notice(FAULT), listening))


def clear_closing_notice(configuration: Configuration = None) -> dict[str, Any]:
    """Announce no close any more; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
