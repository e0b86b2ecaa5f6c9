"""Whether nothing is alerted that is as it should be."""

import time
from collections.abc import Sequence
from dataclasses import replace

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Entry
from harness.observing.alarm import SLACK_S, Alarms, offset_ns
from harness.observing.alerting import RESOLVED, Expected, Limits, expected, is_about, knowable

__all__ = ["alerts_false"]


def alerts_false(at_least: int = 1, slack_s: float = SLACK_S, configuration: Configuration = None) -> list[str]:
    """The alerts without a cause: `stuck <conversation> in <queue>` each, once.

    Without a cause is what is about a conversation or queue that was never beyond the limit, and what came before it
    was. A stay that came within `slack_s` real-world seconds of the limit may be alerted, by so much too early, since
    clocks differ; so may one whose end the tracker was told of after the limit. Alerts that name no conversation are
    not looked at. There must be `at_least` so many conversations that must not be alerted, or there is nothing to
    measure.
    """
    alarms = Alarms(configuration, "alerts_false")
    evidence = alarms.look.evidence()
    slack_ms = alarms.look.run.scaled(slack_s) * 1000
    limits: Limits = replace(alarms.limits, max_dwell_ms=max(0.0, alarms.limits.max_dwell_ms - slack_ms))
    causes = {story.conversation: expected(story, limits, offset_ns()) for story in knowable(evidence, offset_ns())}
    now = time.monotonic_ns()
    healthy = [conversation for conversation, found in causes.items() if all(one.since > now for one in found)]
    if len(healthy) < at_least:
        raise NoEvidence(
            alarms.look.question, f"at least {at_least} conversations that must not be alerted", str(len(healthy))
        )
    told = [
        (entry, [one for one in causes.get(str(entry["conversation"]), ()) if is_about(entry, one)])
        for entry in alarms.judged(evidence)
        if entry["state"] != RESOLVED
    ]
    return sorted({_in_words(entry, found) for entry, found in told if not any(one.since <= entry.t for one in found)})


def _in_words(entry: Entry, later: Sequence[Expected]) -> str:
    place = f" in {entry['queue']}" if entry["queue"] else ""
    return f"{entry['alert']} {entry['conversation']}{place}{' before its time' if later else ''}"
