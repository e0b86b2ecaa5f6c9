"""Whether everything that must be alerted is."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.alarm import Alarms
from harness.observing.alerting import RESOLVED, is_about

__all__ = ["alerts_missing"]


def alerts_missing(
    alert: str = "", grace_s: float = 10, within_s: float = 0, sink: str = "", configuration: Configuration = None
) -> int:
    """Number of conversations' stays (or bounces) beyond the limit of which no alert came (to `sink`, if one is named).

    `alert` is stuck, bouncing, or "" for both. Those that went beyond less than `grace_s` ago, or were over within it,
    do not count. Waits up to `within_s` real-world seconds for none.
    """
    alarms = Alarms(configuration, "alerts_missing")

    def missing() -> float:
        evidence = alarms.look.evidence()
        due = [one for one in alarms.due(evidence, grace_s) if alert in ("", one.alert)]
        if not due:
            raise NoEvidence(alarms.look.question, f"conversations that must be alerted ({alert or 'any'})", "none")
        told = [e for e in alarms.told(evidence) if e["state"] != RESOLVED and sink in ("", e["sink"])]
        return sum(not any(is_about(entry, one) for entry in told) for one in due)

    return int(alarms.look.settled(missing, 0, within_s))
