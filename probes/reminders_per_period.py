"""Whether an alert that goes on is told again as often as asked for."""

import time
from collections.abc import Iterable

from chaoslib.types import Configuration

from harness.errors import CannotTell, NoEvidence
from harness.evidence import Entry
from harness.observing.alarm import Alarms
from harness.observing.alerting import RESOLVED
from harness.observing.figures import statistic

__all__ = ["reminders_per_period"]


def reminders_per_period(
    period_s: float = 300, statistic_name: str = "max", configuration: Configuration = None
) -> float:
    """Reminders that one sink got of one alert in each `period_s` (real-world seconds) that it fired, over all alerts.

    `period_s` is the `alert_repeat_s` of the experiment: about 1 is as asked for. An alert fires from its first notice
    until its end was told, or until now; those that fired for less than two periods do not count, since the part of a
    period that is not over yet weighs too much. `statistic_name` is p50, p95, p99, max, min or mean.
    """
    alarms = Alarms(configuration, "reminders_per_period")
    if not alarms.tracker.ours:
        raise CannotTell(alarms.look.question, "the tracker", "nobody has told it how often it is to remind")
    period = alarms.look.nanoseconds(period_s)
    spans = _spans(alarms.told(alarms.look.evidence()), time.monotonic_ns())
    rates = [notices * period / fired for notices, fired in spans if fired >= 2 * period]
    if not rates:
        raise NoEvidence(alarms.look.question, f"alerts that fired for {2 * period_s:g} s", "none")
    return round(statistic(rates, statistic_name), 3)


def _spans(told: Iterable[Entry], now: int) -> list[tuple[int, int]]:
    """Of each alert at each sink: how many notices came after the first one, and for how long (ns) it fired."""
    firing: dict[tuple[object, ...], tuple[int, int]] = {}
    ended = []
    for entry in told:
        alert = entry["sink"], entry["alert"], entry["conversation"], entry["queue"]
        if entry["state"] != RESOLVED:
            notices, since = firing.get(alert, (-1, entry.t))
            firing[alert] = notices + 1, since
        elif alert in firing:
            notices, since = firing.pop(alert)
            ended.append((notices, entry.t - since))
    return ended + [(notices, now - since) for notices, since in firing.values()]
