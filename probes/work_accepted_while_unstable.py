"""Whether a desktop took a new call while it was cut off."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Entry, Evidence
from harness.observing.history import Span, is_open, outages, since_fault, socket_spans
from harness.observing.measuring import measuring

__all__ = ["work_accepted_while_unstable"]


def work_accepted_while_unstable(grace_s: float = 1.0, configuration: Configuration = None) -> int:
    """Number of calls that were answered by a desktop without an open socket, since the first fault.

    Counted are calls that the desktop says it accepted, and calls that the validator saw become connected, while the
    agent had no open socket on the wire (for longer than `grace_s` real-world seconds, in which a desktop cannot
    know yet) or the desktop itself knew that it was not connected. Without any drop there is nothing to measure.
    """
    look = measuring(configuration, "work_accepted_while_unstable")
    evidence = look.evidence()
    start = since_fault(evidence)
    if not outages(evidence, look.agents, start):
        raise NoEvidence(look.question, "agents that lost their socket", "none")
    spans = socket_spans(evidence, look.agents)
    grace = look.nanoseconds(grace_s)
    wrong = {
        (entry.agent, entry["conversation"])
        for entry in evidence.of("offer.accepted", source="crowd")
        if entry.t >= start
        and (entry.get("connected") is False or _cut_off(spans.get(entry.agent or ""), entry.t, grace))
    }
    for agent, conversation, earliest, seen in _answers(evidence):
        if agent in spans and earliest >= start and not _open_between(spans[agent], earliest - grace, seen):
            wrong.add((agent, conversation))
    return len(wrong)


def _cut_off(spans: list[Span] | None, t: int, grace: int) -> bool:
    return spans is not None and not is_open(spans, t) and not is_open(spans, t - grace)


def _open_between(spans: list[Span], start: int, end: int) -> bool:
    return any(span.start <= end and (span.end is None or span.end >= start) for span in spans)


def _answers(evidence: Evidence) -> list[tuple[str, str, int, int]]:
    """Agent, conversation, and the two looks of the validator between which the call became connected."""
    found = []
    known: dict[str, Entry] = {}
    for entry in evidence.of("conversation.status", source="validator"):
        previous = known.get(entry["conversation"])
        before = {agent["id"]: agent["state"] for agent in previous["agents"]} if previous else {}
        for agent in entry["agents"]:
            if previous and agent["state"] == "connected" and before.get(agent["id"]) != "connected":
                found.append((agent["id"], entry["conversation"], previous.t, entry.t))
        known[entry["conversation"]] = entry
    return found
