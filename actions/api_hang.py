"""REST calls that are never answered."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.aim import aim
from harness.fault import Order, clear, inject, wire_run

__all__ = ["inject_api_hang", "clear_api_hang"]

FAULT = "api_hang"


def inject_api_hang(
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Take REST calls to `path` of `agents` and never answer them, during `seconds`.

    Seen in force when the canary's own call gets no answer for a second while the same call past the wire does.
    """
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    prove = seen_on_rest(FAULT, scope, 100, lambda answer: answer.body == "none", "no answer within 1 s", within_s=1.0)
    return inject(run, Order(FAULT, scope, seconds, {}, prove))


def clear_api_hang(configuration: Configuration = None) -> dict[str, Any]:
    """Let REST calls be answered again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
