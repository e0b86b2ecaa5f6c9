"""Events that are delivered more than once."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_in_deliveries import deliveries_for
from harness.breaking.deliveries import EVENTS, DeliveryOrder, delivery_run, inject_on_deliveries
from harness.breaking.fault import clear
from harness.breaking.limits import number, whole

__all__ = ["inject_events_duplicated", "clear_events_duplicated"]

FAULT = "events_duplicated"


def inject_events_duplicated(
    percent: float = 30, copies: int = 1, seconds: float = 60, configuration: Configuration = None
) -> dict[str, Any]:
    """Deliver `percent` of the events to the tracker `copies` times more, at the same moment, during `seconds`.

    Seen in force when one of our own deliveries arrives more than once.
    """
    number("percent", percent, 5, 100)
    whole("copies", copies, 1, 20)
    run = delivery_run(configuration, FAULT, seconds)
    return inject_on_deliveries(
        run,
        DeliveryOrder(
            FAULT,
            f"*{EVENTS}",
            EVENTS,
            seconds,
            {"share": percent / 100, "copies": copies},
            lambda trial: bool(trial.repeated),
            "a delivery that arrives more than once",
            deliveries_for(percent),
        ),
    )


def clear_events_duplicated(configuration: Configuration = None) -> dict[str, Any]:
    """Deliver each event once again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
