"""REST answers whose body drips."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.aim import aim
from harness.fault import Order, clear, inject, wire_run
from harness.limits import number

__all__ = ["inject_slow_body", "clear_slow_body"]

FAULT = "slow_body"


def inject_slow_body(
    drip_ms: float = 2000,
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let the bodies of answers to calls to `path` of `agents` take `drip_ms` from first byte to last, for `seconds`.

    Seen in force when the canary's own answer takes that long after its headers.
    """
    number("drip_ms", drip_ms, 10, 600_000)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    wall_ms = run.scaled(drip_ms)
    prove = seen_on_rest(
        FAULT, scope, 100, lambda answer: answer.ms - answer.first_ms >= wall_ms, f"a body that takes {wall_ms:g} ms"
    )
    return inject(run, Order(FAULT, scope, seconds, {"drip_ms": wall_ms}, prove))


def clear_slow_body(configuration: Configuration = None) -> dict[str, Any]:
    """Let bodies come at once again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
