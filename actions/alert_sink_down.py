"""Nobody there to be alerted."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.deliveries import ALERTS, DeliveryOrder, delivery_run, inject_on_deliveries
from harness.breaking.fault import clear
from harness.breaking.limits import flag

__all__ = ["inject_alert_sink_down", "clear_alert_sink_down"]

FAULT = "alert_sink_down"


def inject_alert_sink_down(
    cut: bool = False, seconds: float = 60, configuration: Configuration = None
) -> dict[str, Any]:
    """Take no alerts from the tracker: answer 503, or `cut` the connection, during `seconds`.

    Seen in force when none of our own alerts is taken.
    """
    flag("cut", cut)
    run = delivery_run(configuration, FAULT, seconds)
    return inject_on_deliveries(
        run,
        DeliveryOrder(
            FAULT,
            "*/alert*",
            ALERTS,
            seconds,
            {"cut": cut},
            lambda trial: len(trial.refused) == len(trial.sent),
            "alerts that are not taken",
        ),
    )


def clear_alert_sink_down(configuration: Configuration = None) -> dict[str, Any]:
    """Let alerts pass again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
