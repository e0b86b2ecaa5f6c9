"""How long a desktop trusts a socket over which nothing comes any more."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Evidence
from harness.observing.figures import NEVER_S
from harness.observing.figures import statistic as statistic_of
from harness.observing.history import socket_spans
from harness.observing.measuring import measuring
from harness.observing.traffic import touched

__all__ = ["time_to_detect"]


def time_to_detect(
    fault: str, statistic: str = "max", within_s: float = 0, configuration: Configuration = None
) -> float:
    """Real-world seconds from the first message that `fault` kept from an agent's socket until that socket was given
    up.

    Given up means closed on the wire; a desktop that waits for the dead peer to agree has not given up. `statistic` is
    p50, p95, p99, max, min or mean over the touched agents; a socket that is still open counts as 999999 s. Waits up
    to `within_s` real-world seconds for all of them. If the fault touched no open socket there is nothing to measure.
    """
    look = measuring(configuration, "time_to_detect")

    def times() -> list[float]:
        found = [look.seconds(t) for t in _detections(look.evidence(), look.agents, fault).values()]
        if not found:
            raise NoEvidence(look.question, f"open sockets touched by {fault}", "none")
        return found

    look.settled(lambda: times().count(NEVER_S), 0, within_s)
    return statistic_of(times(), statistic)


def _detections(evidence: Evidence, agents: list[str], fault: str) -> dict[str, int | None]:
    spans = socket_spans(evidence, agents)
    found: dict[str, int | None] = {}
    for entry in touched(evidence, agents, fault):
        hit = [span for span in spans.get(entry.agent or "", []) if span.covers(entry.t)]
        if hit and entry.agent is not None and entry.agent not in found:
            end = hit[0].end
            found[entry.agent] = None if end is None else end - entry.t
    return found
