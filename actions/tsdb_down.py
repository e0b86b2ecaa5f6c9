"""A time-series store that is not there."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.deliveries import POINTS, DeliveryOrder, delivery_run, inject_on_deliveries
from harness.breaking.fault import clear
from harness.breaking.limits import flag

__all__ = ["inject_tsdb_down", "clear_tsdb_down"]

FAULT = "tsdb_down"


def inject_tsdb_down(cut: bool = False, seconds: float = 60, configuration: Configuration = None) -> dict[str, Any]:
    """Take no writes to the time-series store: answer 503, or `cut` the connection, during `seconds`.

    Seen in force when none of our own writes is taken.
    """
    flag("cut", cut)
    run = delivery_run(configuration, FAULT, seconds)
    return inject_on_deliveries(
        run,
        DeliveryOrder(
            FAULT,
            "*/api/v2/write*",
            POINTS,
            seconds,
            {"cut": cut},
            lambda trial: len(trial.refused) == len(trial.sent),
            "writes that are not taken",
        ),
    )


def clear_tsdb_down(configuration: Configuration = None) -> dict[str, Any]:
    """Let writes pass again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
