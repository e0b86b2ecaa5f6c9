"""REST calls that are told to come back later."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_rate_limit", "clear_rate_limit"]

FAULT = "rate_limit"


def inject_rate_limit(
    retry_after_s: float = 3,
    percent: float = 100,
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Answer `percent` of the REST calls to `path` of `agents` with 429 and `Retry-After`, during `seconds`.

    Seen in force when one of the canary's own calls gets a 429 with a Retry-After.
    """
    number("retry_after_s", retry_after_s, 1, 3600)
    number("percent", percent, 1, 100)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    prove = seen_on_rest(
        FAULT,
        scope,
        percent,
        lambda answer: answer.status == 429 and answer.retry_after is not None,
        "a 429 with Retry-After",
    )
    parameters = {"retry_after_s": run.scaled(retry_after_s), "rate": percent / 100}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove))


def clear_rate_limit(configuration: Configuration = None) -> dict[str, Any]:
    """Let REST calls pass without that limit again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
