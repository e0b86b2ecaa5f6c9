"""Whether a desktop was offered, or showed, a new call while it was cut off."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.history import is_open, outages, since_fault, socket_spans
from harness.observing.measuring import measuring

__all__ = ["work_offered_while_unstable"]


def work_offered_while_unstable(grace_s: float = 1.0, configuration: Configuration = None) -> int:
    """Number of offers to agents without an open socket, since the first fault.

    Counted are the calls that the validator saw alerting at an agent who had had no open socket on the wire for longer
    than `grace_s` real-world seconds, and the offers that a desktop showed while it knew that it was not connected.
    Without any drop there is nothing to measure.
    """
    look = measuring(configuration, "work_offered_while_unstable")
    evidence = look.evidence()
    start = since_fault(evidence)
    if not outages(evidence, look.agents, start):
        raise NoEvidence(look.question, "agents that lost their socket", "none")
    spans = socket_spans(evidence, look.agents)
    grace = look.nanoseconds(grace_s)
    offers = {
        (agent["id"], entry["conversation"])
        for entry in evidence.of("conversation.status", source="validator")
        for agent in entry["agents"]
        if entry.t >= start and agent["state"] == "alerting" and agent["id"] in spans
        if not is_open(spans[agent["id"]], entry.t) and not is_open(spans[agent["id"]], entry.t - grace)
    }
    shown = {
        (entry.agent, entry["conversation"])
        for entry in evidence.of("offer.received", source="crowd")
        if entry.t >= start and entry.get("connected") is False
    }
    return len(offers | shown)
