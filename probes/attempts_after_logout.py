"""Whether a desktop goes on after its agent logged out."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Evidence
from harness.observing.history import Span, logout_spans, socket_spans
from harness.observing.measuring import measuring
from harness.observing.traffic import requests, sent_at

__all__ = ["attempts_after_logout"]


def attempts_after_logout(grace_s: float = 1.0, configuration: Configuration = None) -> int:
    """Number of requests, handshakes and open sockets of agents on the wire later than `grace_s` real-world seconds
    after logout.

    A socket counts if it was opened then, or still was open. Without a logout there is nothing to measure.
    """
    look = measuring(configuration, "attempts_after_logout")
    evidence = look.evidence()
    left = {agent: spans for agent, spans in logout_spans(evidence).items() if spans and agent in look.agents}
    if not left:
        raise NoEvidence(look.question, "agents that logged out", "none")
    grace = look.nanoseconds(grace_s)
    quiet = {agent: [Span(span.start + grace, span.end) for span in spans] for agent, spans in left.items()}
    return sum(_attempts(evidence, agent, spans) for agent, spans in quiet.items())


def _attempts(evidence: Evidence, agent: str, quiet: list[Span]) -> int:
    calls = [sent_at(call) for call in requests(evidence, [agent]) if call.agent == agent]
    calls += [entry.t for entry in evidence.of("ws.refused") if entry.agent == agent]
    sockets = socket_spans(evidence, [agent])[agent]
    return sum(sum(span.covers(t) for t in calls) + sum(_overlap(span, socket) for socket in sockets) for span in quiet)


def _overlap(one: Span, other: Span) -> bool:
    return (other.end is None or other.end > one.start) and (one.end is None or other.start < one.end)
