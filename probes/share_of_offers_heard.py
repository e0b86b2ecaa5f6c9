"""Whether calls that ring at the server ring on the desktop."""

from chaoslib.types import Configuration

from harness.evidence import Evidence
from harness.observing.figures import share
from harness.observing.history import phase_span, within
from harness.observing.measuring import measuring

__all__ = ["share_of_offers_heard"]


def share_of_offers_heard(phase: str = "after", within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the calls that the validator saw ringing at an agent or connected, that the desktop showed too.

    `phase` (before, during or after the faults, or all) is when the server was first seen to offer the call. Waits up
    to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_offers_heard")

    def heard() -> float:
        evidence = look.evidence()
        span = phase_span(evidence, phase, look.question)
        offers = {pair for pair, t in _offers(evidence).items() if span.covers(t) and pair[0] in look.agents}
        shown = {
            (str(entry.agent), str(entry["conversation"])) for entry in evidence.of("offer.received", source="crowd")
        }
        return share(len(offers & shown), len(offers), look.question, f"calls offered {phase} the faults")

    return look.settled(heard, 1.0, within_s)


def _offers(evidence: Evidence) -> dict[tuple[str, str], int]:
    """Agent and conversation, and when the validator first saw the agent in it."""
    found: dict[tuple[str, str], int] = {}
    for entry in within(evidence.of("conversation.status", source="validator"), phase_span(evidence, "all", "")):
        for agent in entry["agents"]:
            if agent["state"] in ("alerting", "connected"):
                found.setdefault((str(agent["id"]), str(entry["conversation"])), entry.t)
    return found
