"""Whether one alert is told once."""

from collections import Counter

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import Alarms, offset_ns
from harness.observing.alerting import FIRING, expected, knowable

__all__ = ["notices_per_alert"]


def notices_per_alert(configuration: Configuration = None) -> int:
    """The largest number of notices that one sink got of the beginning of one alert, whatever keys they had.

    Reminders ("still firing") are not among them, nor alerts that name no conversation, or a made-up one of which the
    tracker has not acknowledged all: as it knows that one, a stay may be long that was short. A queue may be left and
    be too slow again: each stay may be alerted once; where an alert names no queue, each stay of the conversation.
    """
    alarms = Alarms(configuration, "notices_per_alert")
    evidence = alarms.look.evidence()
    told = Counter(
        (entry["sink"], (entry["alert"], entry["conversation"], entry["queue"]))
        for entry in alarms.judged(evidence)
        if entry["state"] == FIRING
    )
    if not told:
        raise NoEvidence(alarms.look.question, "alerts that fired", "none")
    stays = Counter(
        (one.alert, one.conversation, queue)
        for story in knowable(evidence, offset_ns())
        for one in expected(story, alarms.limits, offset_ns())
        for queue in (one.queue, None)
    )
    return max(number - max(0, stays[alert] - 1) for (_, alert), number in told.items())
