"""Calls that are passed from queue to queue."""

from typing import Any

from chaoslib.types import Configuration

from actions._calls import calls_named
from harness.breaking.cloud_control import order, queue_number
from harness.breaking.limits import number, whole
from harness.runtime import run_of
from harness.waiting import pause

__all__ = ["transfer_calls"]


def transfer_calls(
    queue: int = 1,
    times: int = 1,
    spacing_s: float = 1,
    conversations: str = "",
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Put each of these calls into `queue` (0 is the chaos queue), `times` times, each turn `spacing_s` after the last.

    A call that is in that queue leaves it and comes back: it bounces. `conversations` are ids with commas between them,
    all that `place_calls` placed and nobody ended without any. Only a local cloud can be told to.
    Returns `{"conversations": [ids], "transfers": n}`.
    """
    whole("times", times, 1, 1000)
    number("spacing_s", spacing_s, 0, 600)
    run = run_of(configuration)
    queue_id = queue_number(run.world, queue)
    wanted = calls_named(conversations, run)
    for turn in range(times):
        if turn:
            pause(run.scaled(spacing_s))
        for conversation in wanted:
            order(run.world, "move_call", conversation_id=conversation, queue_id=queue_id)
    return {"conversations": wanted, "transfers": times * len(wanted)}
