"""Deliveries that are no events."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_in_deliveries import deliveries_for
from harness.breaking.deliveries import EVENTS, DeliveryOrder, delivery_run, inject_on_deliveries
from harness.breaking.fault import clear
from harness.breaking.limits import line, number

__all__ = ["inject_events_malformed", "clear_events_malformed"]

FAULT = "events_malformed"
KINDS = "cut_json,content_type,huge,missing_field,wrong_type,bad_timestamp,unsupported"


def inject_events_malformed(
    percent: float = 30, kinds: str = KINDS, seconds: float = 60, configuration: Configuration = None
) -> dict[str, Any]:
    """Deliver a spoilt copy beside `percent` of the events, during `seconds`; the events themselves are not touched.

    `kinds` are what may be wrong with a copy, with commas between them. One that is answered with 5xx, or not at all,
    comes again, as a feed does it. Seen in force when a spoilt copy of one of our own deliveries arrives.
    """
    number("percent", percent, 5, 100)
    line("kinds", kinds)
    run = delivery_run(configuration, FAULT, seconds)
    return inject_on_deliveries(
        run,
        DeliveryOrder(
            FAULT,
            f"*{EVENTS}",
            EVENTS,
            seconds,
            {"share": percent / 100, "kinds": kinds},
            lambda trial: trial.spoilt > 0,
            "a spoilt delivery beside ours",
            deliveries_for(percent),
        ),
    )


def clear_events_malformed(configuration: Configuration = None) -> dict[str, Any]:
    """Deliver nothing but events again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
