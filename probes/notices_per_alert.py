"""Whether one alert is told once."""

from collections import Counter

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import Alarms
from harness.observing.alerting import FIRING, RESOLVED

__all__ = ["notices_per_alert"]


def notices_per_alert(reminders: bool = False, configuration: Configuration = None) -> int:
    """The largest number of notices that one sink got of the beginning of one alert.

    Reminders ("still firing") are among them only if asked for. A queue may be left and be too slow again: each stay is
    an alert.
    """
    alarms = Alarms(configuration, "notices_per_alert")
    told = Counter(
        (entry["sink"], entry["alert"], entry["conversation"], entry["queue"], entry["key"])
        for entry in alarms.told(alarms.look.evidence())
        if entry["state"] == FIRING or (reminders and entry["state"] != RESOLVED)
    )
    if not told:
        raise NoEvidence(alarms.look.question, "alerts that fired", "none")
    return max(told.values())
