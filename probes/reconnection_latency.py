"""How long agents were without an open socket: from the drop to the next connection."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.figures import NEVER_S
from harness.observing.figures import statistic as statistic_of
from harness.observing.history import first_fault, outages
from harness.observing.measuring import measuring

__all__ = ["reconnection_latency"]


def reconnection_latency(statistic: str = "p95", within_s: float = 0, configuration: Configuration = None) -> float:
    """Real-world seconds from losing the last open socket to having one again, over the agents that lost theirs.

    Of each agent its longest outage since the first fault counts. `statistic` is p50, p95, p99, max, min or mean.
    Who is not back counts as 999999 s; waits up to `within_s` real-world seconds for everybody. Without any drop there
    is nothing to measure.
    """
    look = measuring(configuration, "reconnection_latency")

    def slowest_outage() -> float:
        return max(longest().values())

    def longest() -> dict[str, float]:
        evidence = look.evidence()
        found: dict[str, float] = {}
        for outage in outages(evidence, look.agents, first_fault(evidence, look.question)):
            seconds = look.seconds(None if outage.back is None else outage.back - outage.lost)
            found[outage.agent] = max(seconds, found.get(outage.agent, 0.0))
        if not found:
            raise NoEvidence(look.question, "agents that lost their socket", "none")
        return found

    look.settled(lambda: float(slowest_outage() < NEVER_S), 1.0, within_s)
    return statistic_of(list(longest().values()), statistic)
