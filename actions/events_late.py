"""Events that are delivered late."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_in_deliveries import LONGEST_HOLD_MS, deliveries_for
from harness.breaking.deliveries import EVENTS, DeliveryOrder, delivery_run, inject_on_deliveries
from harness.breaking.fault import clear
from harness.breaking.limits import number

__all__ = ["inject_events_late", "clear_events_late"]

FAULT = "events_late"


def inject_events_late(
    percent: float = 20, delay_ms: float = 10_000, seconds: float = 60, configuration: Configuration = None
) -> dict[str, Any]:
    """Hold back `percent` of the events on their way to the tracker for `delay_ms`, during `seconds`.

    Seen in force when one of our own deliveries takes at least that long.
    """
    number("percent", percent, 5, 100)
    run = delivery_run(configuration, FAULT, seconds)
    # The proof must see one of its own deliveries come through while the fault lasts.
    number("delay_ms", delay_ms, 100, min(LONGEST_HOLD_MS, seconds * 500))
    wall_ms = run.scaled(delay_ms)
    return inject_on_deliveries(
        run,
        DeliveryOrder(
            FAULT,
            f"*{EVENTS}",
            EVENTS,
            seconds,
            {"share": percent / 100, "delay_ms": wall_ms},
            lambda trial: trial.longest_ms >= wall_ms,
            f"a delivery that takes {wall_ms:g} ms or more",
            deliveries_for(percent),
        ),
    )


def clear_events_late(configuration: Configuration = None) -> dict[str, Any]:
    """Let events pass at their own pace again; nothing to do if they do."""
    return clear(configuration, FAULT)
