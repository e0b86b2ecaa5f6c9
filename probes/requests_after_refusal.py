"""Whether a desktop goes on knocking after the login host has said no."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.history import refusals
from harness.observing.measuring import measuring

__all__ = ["requests_after_refusal"]


def requests_after_refusal(grace_s: float = 1.0, configuration: Configuration = None) -> int:
    """Number of requests by agents later than `grace_s` real-world seconds after the login host refused their refresh
    for good (400 or 401), until somebody logs them in again.

    Without any refusal there is nothing to measure.
    """
    look = measuring(configuration, "requests_after_refusal")
    evidence = look.evidence()
    refused = refusals(evidence, look.agents)
    if not refused:
        raise NoEvidence(look.question, "agents whose refresh was refused", "none")
    grace = look.nanoseconds(grace_s)
    late = [
        entry
        for entry in evidence.of("api", "ws.open", "ws.refused", source="wire")
        if entry.agent in refused
        and refused[entry.agent].covers(entry.t - grace)
        and refused[entry.agent].covers(entry.t)
    ]
    return len(late)
