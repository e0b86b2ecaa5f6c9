"""How often the feed has to send each event."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.history import phase_span, within
from harness.observing.measuring import measuring

__all__ = ["deliveries_per_event"]


def deliveries_per_event(phase: str = "all", configuration: Configuration = None) -> float:
    """Attempts per event, of the cloud's own feed and of what is made up: 1 if the tracker takes each at once.

    Copies that a fault on the wire makes are not among them. `phase` is before, during or after the faults, or all.
    """
    look = measuring(configuration, "deliveries_per_event")
    evidence = look.evidence()
    sent = within(evidence.of("cloud.feed.sent", "delivery.invoked"), phase_span(evidence, phase, look.question))
    events = {str(entry.get("event") or entry.get("delivery")) for entry in sent}
    if not events:
        raise NoEvidence(look.question, f"deliveries {phase} the faults", "none")
    return round(len(sent) / len(events), 3)
