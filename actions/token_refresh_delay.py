"""Slow token refreshes."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import TOKEN_PATH, seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_token_refresh_delay", "clear_token_refresh_delay"]

FAULT = "token_refresh_delay"


def inject_token_refresh_delay(
    delay_ms: float = 5000,
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Hold back the token requests (`/oauth/token`) of `agents` for `delay_ms`, during `seconds`.

    Seen in force when the canary's own refresh takes at least that long.
    """
    number("delay_ms", delay_ms, 1, 600_000)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=TOKEN_PATH)
    wall_ms = run.scaled(delay_ms)
    prove = seen_on_rest(
        FAULT, scope, 100, lambda answer: answer.ms >= wall_ms, f"a token after {wall_ms:g} ms or more"
    )
    parameters = {"delay_ms": wall_ms}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove))


def clear_token_refresh_delay(configuration: Configuration = None) -> dict[str, Any]:
    """Let token requests pass at once again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
