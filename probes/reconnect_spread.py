"""Whether a floor that dropped together comes back spread over time, or in lockstep."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.figures import percentile
from harness.observing.history import first_fault, outages
from harness.observing.measuring import measuring
from harness.observing.traffic import connection_attempts

__all__ = ["reconnect_spread"]

FEWEST = 3


def reconnect_spread(attempt: int = 1, configuration: Configuration = None) -> float:
    """Real-world seconds between the first and the last tenth of the floor at their `attempt`-th try to connect again.

    Each agent's tries are counted from its first drop since the first fault. Near 0 is lockstep: the whole floor
    knocks at once. At least 3 agents must have got so far.
    """
    look = measuring(configuration, "reconnect_spread")
    evidence = look.evidence()
    dropped: dict[str, int] = {}
    for outage in outages(evidence, look.agents, first_fault(evidence, look.question)):
        dropped.setdefault(outage.agent, outage.lost)
    times = []
    for agent, found in connection_attempts(evidence, dropped).items():
        tries = sorted(t for t in found if t >= dropped[agent])
        if len(tries) >= attempt:
            times.append(tries[attempt - 1])
    if len(times) < FEWEST:
        raise NoEvidence(look.question, f"at least {FEWEST} agents with {attempt} tries after a drop", str(len(times)))
    return look.seconds(percentile(times, 90) - percentile(times, 10))
