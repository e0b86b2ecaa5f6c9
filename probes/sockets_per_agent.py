"""Whether a desktop ever held more than one socket."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.history import most_at_once, socket_spans
from harness.observing.measuring import measuring

__all__ = ["sockets_per_agent"]


def sockets_per_agent(grace_s: float = 0.5, configuration: Configuration = None) -> int:
    """The largest number of sockets that one agent held open at the same time on the wire, over the whole run.

    An overlap of up to `grace_s` real-world seconds is the closing of the old socket and does not count.
    """
    look = measuring(configuration, "sockets_per_agent")
    spans = socket_spans(look.evidence(), look.agents)
    if not any(spans.values()):
        raise NoEvidence(look.question, "sockets in the evidence", "none")
    grace = look.nanoseconds(grace_s)
    return max(most_at_once(found, grace) for found in spans.values())
