"""Whether alerts end with what they are about."""

import time

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import Alarms
from harness.observing.alerting import RESOLVED, is_about

__all__ = ["alerts_not_resolved"]


def alerts_not_resolved(grace_s: float = 10, within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of alerts that came, whose cause was over at least `grace_s` ago, and whose end was never told.

    Waits up to `within_s` real-world seconds for none.
    """
    alarms = Alarms(configuration, "alerts_not_resolved")

    def unresolved() -> float:
        evidence = alarms.look.evidence()
        told, long_ago = alarms.told(evidence), time.monotonic_ns() - alarms.look.nanoseconds(grace_s)
        over = [one for one in alarms.due(evidence, 0) if one.until is not None and one.until <= long_ago]
        fired = [one for one in over if any(e["state"] != RESOLVED and is_about(e, one) for e in told)]
        if not fired:
            raise NoEvidence(alarms.look.question, "alerts whose cause is over", "none")
        return sum(not any(e["state"] == RESOLVED and is_about(e, one) for e in told) for one in fired)

    return int(alarms.look.settled(unresolved, 0, within_s))
