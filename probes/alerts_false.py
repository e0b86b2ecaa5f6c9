"""Whether nothing is alerted that is as it should be."""

import time
from dataclasses import replace

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import Alarms, offset_ns
from harness.observing.alerting import RESOLVED, Limits, expected, knowable, unfinished

__all__ = ["alerts_false"]


def alerts_false(at_least: int = 1, slack_s: float = 2, configuration: Configuration = None) -> list[str]:
    """The alerts about conversations that were never beyond the limit: `stuck <conversation>` each, once.

    A stay that came within `slack_s` real-world seconds of the limit may be alerted, and one whose end the tracker was
    told of after it. There must be `at_least` so many conversations that must not be, or there is nothing to measure.
    """
    alarms = Alarms(configuration, "alerts_false")
    evidence = alarms.look.evidence()
    slack_ms = alarms.look.run.scaled(slack_s) * 1000
    limits: Limits = replace(alarms.limits, max_dwell_ms=max(0.0, alarms.limits.max_dwell_ms - slack_ms))
    stories = knowable(evidence, offset_ns())
    now = time.monotonic_ns()
    alerts = [one for story in stories for one in expected(story, limits, offset_ns())]
    may = {(one.alert, one.conversation) for one in alerts if one.since <= now}
    healthy = {story.conversation for story in stories} - {conversation for _, conversation in may}
    if len(healthy) < at_least:
        raise NoEvidence(
            alarms.look.question, f"at least {at_least} conversations that must not be alerted", str(len(healthy))
        )
    unknown = unfinished(evidence)
    told = {
        (str(entry["alert"]), str(entry["conversation"]))
        for entry in alarms.told(evidence)
        if entry["state"] != RESOLVED and entry["conversation"] not in unknown
    }
    return sorted(f"{alert} {conversation}" for alert, conversation in told - may)
