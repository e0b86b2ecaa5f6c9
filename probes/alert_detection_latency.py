"""How soon the tracker alerts."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import SLACK_S, Alarms
from harness.observing.alerting import RESOLVED, is_about
from harness.observing.figures import NEVER_S, statistic

__all__ = ["alert_detection_latency"]


def alert_detection_latency(
    statistic_name: str = "max", alert: str = "", grace_s: float = 10, configuration: Configuration = None
) -> float:
    """From going beyond the limit until the first alert about it arrived, in real-world seconds, over all of them.

    `statistic_name` is p50, p95, p99, max, min or mean. What is not alerted within `grace_s` counts as never, and what
    came more than 2 real-world seconds before the limit is no alert about it. A stay that is told of late (a burst of
    the past) counts from its limit all the same.
    """
    alarms = Alarms(configuration, "alert_detection_latency")
    evidence, slack = alarms.look.evidence(), alarms.look.nanoseconds(SLACK_S)
    told = [entry for entry in alarms.told(evidence) if entry["state"] != RESOLVED]
    taken = []
    for one in alarms.due(evidence, grace_s):
        if alert in ("", one.alert):
            first = next((entry.t for entry in told if is_about(entry, one) and entry.t >= one.since - slack), None)
            taken.append(NEVER_S if first is None else alarms.look.seconds(max(0, first - one.since)))
    with alarms.asked():
        if not taken:
            raise NoEvidence(alarms.look.question, f"conversations that must be alerted ({alert or 'any'})", "none")
    return round(statistic(taken, statistic_name), 3)
