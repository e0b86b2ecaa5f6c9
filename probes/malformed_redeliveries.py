"""Whether bad deliveries come again and again."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.measuring import measuring

__all__ = ["malformed_redeliveries"]


def malformed_redeliveries(configuration: Configuration = None) -> int:
    """Number of spoilt deliveries that had to be sent again, because they were answered with 5xx or not at all."""
    look = measuring(configuration, "malformed_redeliveries")
    sent = [
        entry
        for entry in look.evidence().of("delivery.spoilt", source="wire")
        if not str(entry["path"]).startswith("/canary/")
    ]
    if not sent:
        raise NoEvidence(look.question, "spoilt deliveries to the tracker", "none")
    return sum(int(entry["attempt"]) > 1 for entry in sent)
