"""REST calls that are never answered."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.canary import ME, Canary
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.errors import FaultNotInForce

__all__ = ["inject_api_hang", "clear_api_hang"]

FAULT = "api_hang"
SILENT_S = 1.0


def inject_api_hang(
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Take REST calls to `path` of `agents` and never answer them, during `seconds`.

    Seen in force when the canary's own call gets no answer for a second while a call past the wire does.
    """
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    unanswered = seen_on_rest(FAULT, scope, 100, lambda a: a.body == "none", f"no answer for {SILENT_S:g} s", SILENT_S)

    def prove(canary: Canary) -> dict[str, Any]:
        seen = unanswered(canary)
        past = canary.request_directly("GET", ME)
        if not past.normal:
            raise FaultNotInForce(FAULT, "an answer past the wire", str(past))
        return {**seen, "ms_past_the_wire": round(past.ms, 1)}

    return inject(run, Order(FAULT, scope, seconds, {}, prove))


def clear_api_hang(configuration: Configuration = None) -> dict[str, Any]:
    """Let REST calls be answered again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
