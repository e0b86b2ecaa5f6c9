"""REST answers whose body is no JSON."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_malformed_body", "clear_malformed_body"]

FAULT = "malformed_body"


def inject_malformed_body(
    percent: float = 100,
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Spoil the body of `percent` of the answers to REST calls to `path` of `agents`, during `seconds`.

    Seen in force when the body of one of the canary's own answers is whole but no JSON.
    """
    number("percent", percent, 1, 100)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    prove = seen_on_rest(FAULT, scope, percent, lambda answer: answer.body == "malformed", "a body that is no JSON")
    return inject(run, Order(FAULT, scope, seconds, {"rate": percent / 100}, prove))


def clear_malformed_body(configuration: Configuration = None) -> dict[str, Any]:
    """Let bodies pass unspoilt again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
