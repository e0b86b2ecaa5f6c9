"""Whether everything that must be alerted is."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import Alarms
from harness.observing.alerting import RESOLVED, is_about

__all__ = ["alerts_missing"]


def alerts_missing(
    alert: str = "",
    grace_s: float = 10,
    within_s: float = 0,
    sink: str = "",
    at_least: int = 1,
    configuration: Configuration = None,
) -> int:
    """Number of conversations' stays (or bounces) beyond the limit of which no alert came (to `sink`, if one is named).

    `alert` is stuck, bouncing, or "" for both. Those that went beyond less than `grace_s` ago, or were over within it,
    do not count; there must be `at_least` so many others, or there is nothing to measure. Waits up to `within_s`
    real-world seconds for so many, and for none that is missing.
    """
    alarms = Alarms(configuration, "alerts_missing")

    def missing() -> float:
        evidence = alarms.look.evidence()
        told = [e for e in alarms.told(evidence) if e["state"] != RESOLVED and sink in ("", e["sink"])]
        due = [one for one in alarms.due(evidence, grace_s) if alert in ("", one.alert)]
        if len(due) < at_least:
            wanted = f"at least {at_least} that must be alerted ({alert or 'any'})"
            raise NoEvidence(alarms.look.question, wanted, str(len(due)))
        return sum(not any(is_about(entry, one) for entry in told) for one in due)

    with alarms.asked():
        return int(alarms.look.settled(missing, 0, within_s))
