"""Slow REST calls: each answer comes later than it would."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_api_latency", "clear_api_latency"]

FAULT = "api_latency"


def inject_api_latency(
    delay_ms: float = 2000,
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Hold back REST calls to `path` of `agents` for `delay_ms`, during `seconds`.

    Seen in force when the canary's own call takes at least that long.
    """
    number("delay_ms", delay_ms, 1, 600_000)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    wall_ms = run.scaled(delay_ms)
    prove = seen_on_rest(
        FAULT, scope, 100, lambda answer: answer.ms >= wall_ms, f"answers after {wall_ms:g} ms or more"
    )
    return inject(
        run, Order(FAULT, scope, seconds, {"delay_ms": wall_ms}, prove, slack_ms=max(15, min(150, wall_ms / 2)))
    )


def clear_api_latency(configuration: Configuration = None) -> dict[str, Any]:
    """Let REST calls pass at their own pace again; nothing to do if they do."""
    return clear(configuration, FAULT)
