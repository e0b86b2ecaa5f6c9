"""Whether desktops that say they are connected turn calls down."""

from chaoslib.types import Configuration

from harness.observing.history import since_fault
from harness.observing.measuring import measuring

__all__ = ["offers_declined"]


def offers_declined(configuration: Configuration = None) -> int:
    """Number of calls that a desktop declined since the first fault while it was connected."""
    look = measuring(configuration, "offers_declined")
    evidence = look.evidence()
    start = since_fault(evidence)
    declined = [e for e in evidence.of("offer.declined", source="crowd") if e.t >= start and e["connected"]]
    return len([e for e in declined if e.agent in look.agents])
