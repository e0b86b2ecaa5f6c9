"""How many requests carried a token that was not valid any more."""

from chaoslib.types import Configuration

from harness.observing.history import since_fault
from harness.observing.measuring import measuring

__all__ = ["unauthorized_requests"]


def unauthorized_requests(configuration: Configuration = None) -> int:
    """Number of the desktops' API requests that were answered 401 since the first fault."""
    look = measuring(configuration, "unauthorized_requests")
    evidence = look.evidence()
    start = since_fault(evidence)
    answered = [entry for entry in evidence.of("api", source="wire") if entry.t >= start and entry["status"] == 401]
    return len([entry for entry in answered if entry.agent in look.agents])
