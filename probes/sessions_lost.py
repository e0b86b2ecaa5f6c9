"""How many agents were thrown out although nobody logged them out."""

from chaoslib.types import Configuration

from harness.observing.history import is_humans_wish, since_fault
from harness.observing.measuring import measuring

__all__ = ["sessions_lost"]


def sessions_lost(configuration: Configuration = None) -> int:
    """Number of agents whose desktop logged out since the first fault without being asked to, or is logged out now."""
    look = measuring(configuration, "sessions_lost")
    evidence = look.evidence()
    start = since_fault(evidence)
    thrown_out: set[str] = set()
    left: set[str] = set()
    for entry in evidence.of("logged_out", source="crowd"):
        if entry.agent in look.agents:
            if is_humans_wish(entry):
                left.add(entry.agent)
            elif entry.t >= start:
                thrown_out.add(entry.agent)
    shown = {agent for agent, desktop in look.desktops().items() if desktop.banner == "logged_out"}
    return len(thrown_out | (shown - left))
