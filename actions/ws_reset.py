"""Notification sockets that are reset (RST)."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_socket import listening, seen_closing
from harness.breaking.aim import aim
from harness.breaking.canary import NO_CLOSE_FRAME
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import flag, number

__all__ = ["inject_ws_reset", "clear_ws_reset"]

FAULT = "ws_reset"


def inject_ws_reset(
    repeat_s: float = 0,
    refuse_new: bool = False,
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Reset the notification sockets of `agents`: no close frame, no goodbye; again every `repeat_s` if that is not 0.

    With `refuse_new` they cannot be opened again (503) for `seconds`.

    Seen in force when the canary's own socket ends without a close frame.
    """
    number("repeat_s", repeat_s, 0, 86_400)
    flag("refuse_new", refuse_new)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    prove = seen_closing(FAULT, lambda code: code == NO_CLOSE_FRAME, "an end without a close frame")
    parameters = {"repeat_s": run.scaled(repeat_s), "refuse_new": refuse_new}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove, listening))


def clear_ws_reset(configuration: Configuration = None) -> dict[str, Any]:
    """Leave notification sockets open again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
