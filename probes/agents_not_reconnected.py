"""How many agents lost their socket and never got one again."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.history import first_fault, outages
from harness.observing.measuring import measuring

__all__ = ["agents_not_reconnected"]


def agents_not_reconnected(within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of agents whose socket was lost since the first fault and that have none open now.

    Waits up to `within_s` real-world seconds for the number to be 0. Without any drop there is nothing to measure.
    """
    look = measuring(configuration, "agents_not_reconnected")

    def missing() -> int:
        evidence = look.evidence()
        lost = outages(evidence, look.agents, first_fault(evidence, look.question))
        if not lost:
            raise NoEvidence(look.question, "agents that lost their socket", "none")
        return len({outage.agent for outage in lost if outage.back is None})

    return int(look.settled(missing, 0, within_s))
