"""Events that are delivered out of order."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_in_deliveries import LONGEST_HOLD_MS, deliveries_for
from harness.breaking.deliveries import EVENTS, DeliveryOrder, delivery_run, inject_on_deliveries
from harness.breaking.fault import clear
from harness.breaking.limits import number, whole

__all__ = ["inject_events_reordered", "clear_events_reordered"]

FAULT = "events_reordered"


def inject_events_reordered(
    percent: float = 30,
    overtaken_by: int = 20,
    hold_ms: float = 10_000,
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Hold back `percent` of the events until `overtaken_by` later ones are delivered, or `hold_ms` passed, during
    `seconds`.

    Seen in force when one of our own deliveries arrives after one that was sent later.
    """
    number("percent", percent, 5, 90)
    whole("overtaken_by", overtaken_by, 1, 1000)
    number("hold_ms", hold_ms, 500, LONGEST_HOLD_MS)
    run = delivery_run(configuration, FAULT, seconds)
    return inject_on_deliveries(
        run,
        DeliveryOrder(
            FAULT,
            f"*{EVENTS}",
            EVENTS,
            seconds,
            {"share": percent / 100, "overtaken_by": overtaken_by, "hold_ms": run.scaled(hold_ms)},
            lambda trial: bool(trial.overtaken),
            "a delivery that arrives after one that was sent later",
            deliveries_for(percent),
        ),
    )


def clear_events_reordered(configuration: Configuration = None) -> dict[str, Any]:
    """Let events pass in the order in which they are sent; nothing to do if they do."""
    return clear(configuration, FAULT)
