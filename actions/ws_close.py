"""Notification sockets that are closed with a code."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_closing
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import flag, line, number, whole
from harness.errors import BadInput

__all__ = ["inject_ws_close", "clear_ws_close"]

FAULT = "ws_close"
# RFC 6455, 7.4: 1004, 1005, 1006 and 1015 never stand in a close frame; 1016 to 2999 are not assigned.
SENDABLE = (1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000))


def inject_ws_close(  # noqa: PLR0913 - the last one is given by Chaos Toolkit
    code: int = 1001,
    reason: str = "",
    repeat_s: float = 0,
    refuse_new: bool = False,
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Close the notification sockets of `agents` with `code` and `reason`; again every `repeat_s` if that is not 0.

    With `refuse_new` they cannot be opened again (503) for `seconds`.

    Seen in force when the canary's own socket is closed with that code.
    """
    if whole("code", code, 1000, 4999) not in SENDABLE:
        raise BadInput("code", "a code that may stand in a close frame", code)
    line("reason", reason)
    number("repeat_s", repeat_s, 0, 86_400)
    flag("refuse_new", refuse_new)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    prove = seen_closing(FAULT, lambda found: found == code, f"a close with code {code}")
    parameters = {"code": code, "reason": reason, "repeat_s": run.scaled(repeat_s), "refuse_new": refuse_new}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove, listening))


def clear_ws_close(configuration: Configuration = None) -> dict[str, Any]:
    """Leave notification sockets open again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
