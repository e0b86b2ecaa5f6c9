"""REST answers that end inside their body."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_cut_body", "clear_cut_body"]

FAULT = "cut_body"


def inject_cut_body(
    percent: float = 100,
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """End `percent` of the answers to REST calls to `path` of `agents` inside their body, during `seconds`.

    Seen in force when one of the canary's own answers ends before its body does.
    """
    number("percent", percent, 1, 100)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    prove = seen_on_rest(FAULT, scope, percent, lambda answer: answer.body == "cut", "a body that ends too early")
    return inject(run, Order(FAULT, scope, seconds, {"rate": percent / 100}, prove))


def clear_cut_body(configuration: Configuration = None) -> dict[str, Any]:
    """Let bodies pass whole again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
