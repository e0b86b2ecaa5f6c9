"""REST answers whose body drips."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.answer import Answer
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number

__all__ = ["inject_slow_body", "clear_slow_body"]

FAULT = "slow_body"
# The wire sends the first piece of a slow body no earlier.
LEAST_MS = 15.0


def inject_slow_body(
    bytes_per_s: float = 200,
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let the bodies of answers to REST calls to `path` of `agents` trickle at `bytes_per_s`, during `seconds`.

    Seen in force when the body of the canary's own answer takes as long after its headers as its size says.
    """
    number("bytes_per_s", bytes_per_s, 1, 5000)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    pace = bytes_per_s / run.world.time_scale

    def trickles(answer: Answer) -> bool:
        return answer.ms - answer.first_ms >= max(LEAST_MS, 0.8 * 1000 * answer.size / pace)

    prove = seen_on_rest(FAULT, scope, 100, trickles, f"a body that comes at {pace:g} bytes a second")
    return inject(run, Order(FAULT, scope, seconds, {"bytes_per_s": pace}, prove))


def clear_slow_body(configuration: Configuration = None) -> dict[str, Any]:
    """Let bodies come at once again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
