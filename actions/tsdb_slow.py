"""A time-series store that takes its time."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.deliveries import POINTS, DeliveryOrder, delivery_run, inject_on_deliveries
from harness.breaking.fault import clear
from harness.breaking.limits import number

__all__ = ["inject_tsdb_slow", "clear_tsdb_slow"]

FAULT = "tsdb_slow"
LONGEST_DELAY_MS = 30_000


def inject_tsdb_slow(
    delay_ms: float = 10_000, seconds: float = 60, configuration: Configuration = None
) -> dict[str, Any]:
    """Hold back each write to the time-series store for `delay_ms`, during `seconds`.

    Seen in force when our own writes take at least that long.
    """
    run = delivery_run(configuration, FAULT, seconds)
    # The proof must see its own writes come through while the fault lasts.
    number("delay_ms", delay_ms, 100, min(LONGEST_DELAY_MS, seconds * 500))
    wall_ms = run.scaled(delay_ms)
    return inject_on_deliveries(
        run,
        DeliveryOrder(
            FAULT,
            f"*{POINTS}*",
            POINTS,
            seconds,
            {"delay_ms": wall_ms},
            lambda trial: trial.longest_ms >= wall_ms,
            f"writes that take {wall_ms:g} ms or more",
        ),
    )


def clear_tsdb_slow(configuration: Configuration = None) -> dict[str, Any]:
    """Let writes pass at their own pace again; nothing to do if they do."""
    return clear(configuration, FAULT)
