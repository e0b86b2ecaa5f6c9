"""How much of the floor knocks at the door at the same moment."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.history import first_fault
from harness.observing.measuring import measuring
from harness.observing.traffic import connection_attempts

__all__ = ["share_reconnecting_together"]

FEWEST = 3


def share_reconnecting_together(
    window_s: float = 1, after_attempt: int = 0, configuration: Configuration = None
) -> float:
    """The largest share (0 to 1) of the agents that tried to connect again within the same `window_s` real-world
    seconds.

    Of the agents that tried at all since the first fault. The first `after_attempt` tries of each are left out: with a
    short backoff they are close together for everybody. At least 3 agents must have tried.
    """
    look = measuring(configuration, "share_reconnecting_together")
    evidence = look.evidence()
    start = first_fault(evidence, look.question)
    tries = [
        (t, agent)
        for agent, times in connection_attempts(evidence, look.agents).items()
        for t in sorted(t for t in times if t >= start)[after_attempt:]
    ]
    agents = {agent for _, agent in tries}
    if len(agents) < FEWEST:
        raise NoEvidence(look.question, f"at least {FEWEST} agents that tried to connect again", str(len(agents)))
    window = look.nanoseconds(window_s)
    most = max(len({agent for t, agent in tries if first <= t < first + window}) for first, _ in tries)
    return round(most / len(agents), 4)
