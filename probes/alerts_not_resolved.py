"""Whether alerts end with what they are about."""

import time

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import SLACK_S, Alarms
from harness.observing.alerting import RESOLVED, is_about

__all__ = ["alerts_not_resolved"]


def alerts_not_resolved(
    grace_s: float = 10, within_s: float = 0, sink: str = "", at_least: int = 1, configuration: Configuration = None
) -> int:
    """Number of alerts that came (to `sink`, if one is named), whose cause is over, and whose end was not told there.

    An end that was told more than 2 real-world seconds before the cause was over is none. Waits up to `within_s`
    real-world seconds until `at_least` so many causes are over and the end of each was told; what was over for less
    than `grace_s` by then does not count.
    """
    alarms = Alarms(configuration, "alerts_not_resolved")
    slack = alarms.look.nanoseconds(SLACK_S)

    def unresolved(grace_s: float) -> float:
        evidence = alarms.look.evidence()
        told = [entry for entry in alarms.told(evidence) if sink in ("", entry["sink"])]
        long_ago = time.monotonic_ns() - alarms.look.nanoseconds(grace_s)
        over = {one: one.until for one in alarms.due(evidence, 0) if one.until is not None and one.until <= long_ago}
        fired = [one for one in over if any(e["state"] != RESOLVED and is_about(e, one) for e in told)]
        if len(fired) < at_least:
            raise NoEvidence(alarms.look.question, f"at least {at_least} alerts whose cause is over", str(len(fired)))
        ends = [entry for entry in told if entry["state"] == RESOLVED]
        return sum(not any(is_about(end, one) and end.t >= over[one] - slack for end in ends) for one in fired)

    with alarms.asked():
        return int(alarms.look.settled(lambda: unresolved(0), 0, within_s) and unresolved(grace_s))
