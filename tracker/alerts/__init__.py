"""Alerts: from the conditions of the ledger to notices that every sink has, once the process is back if need be."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.alerts.desk import Alerts
    from tracker.settings import Settings


def build(settings: "Settings") -> "Alerts":
    """The alerts of a tracker: a file in its data folder, and the sinks that its settings name."""
    from tracker.alerts.desk import Alerts

    return Alerts(settings)
