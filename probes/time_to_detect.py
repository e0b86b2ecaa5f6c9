"""How long a desktop trusts a socket over which nothing comes any more."""

from collections.abc import Iterator

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Entry, Evidence
from harness.observing.figures import NEVER_S
from harness.observing.figures import statistic as statistic_of
from harness.observing.history import network_windows, socket_spans
from harness.observing.measuring import measuring
from harness.observing.traffic import touched

__all__ = ["time_to_detect"]


def time_to_detect(
    fault: str, statistic: str = "max", within_s: float = 0, configuration: Configuration = None
) -> float:
    """Real-world seconds from the first message that `fault` kept from an agent's socket until that socket was given
    up.

    Given up means closed on the wire; a desktop that waits for the dead peer to agree has not given up. A fault of the
    desktops' network touches all of them; the last time that it was in force counts, from when that was seen. No wire
    hears anything then, so it is the desktops' own word that counts, and giving up means telling the agent too.
    `statistic` is p50, p95, p99, max, min or mean over the touched agents; a socket that is still open counts as
    999999 s. Waits up to `within_s` real-world seconds for all of them. If the fault touched no open socket there is
    nothing to measure.
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
    banners = evidence.of("desktop.banner", source="crowd")
    found: dict[str, int | None] = {}
    for agent, t, seen in _hits(evidence, agents, fault):
        hit = [span for span in spans.get(agent, []) if span.covers(t)]
        if hit and agent not in found:
            ends = [hit[0].end] if seen is None else [hit[0].end, _told(banners, agent, t)]
            given_up = None if None in ends else max(end for end in ends if end is not None)
            found[agent] = None if given_up is None else max(0, given_up - (seen or t))
    return found


def _hits(evidence: Evidence, agents: list[str], fault: str) -> Iterator[tuple[str, int, int | None]]:
    """Agent, when the fault hit its traffic, and, if the desktop has to tell of it, when the fault was seen."""
    for entry in touched(evidence, agents, fault):
        if entry.agent is not None:
            yield entry.agent, entry.t, None
    for window in reversed(network_windows(evidence)):
        if window.fault == fault:
            yield from ((agent, window.ordered, window.seen or window.ordered) for agent in agents)


def _told(banners: list[Entry], agent: str, since: int) -> int | None:
    """When the agent was told that there is no connection; `since` if it was known."""
    before = [entry for entry in banners if entry.agent == agent and entry.t < since]
    if before and not before[-1]["connected"]:
        return since
    return next((e.t for e in banners if e.agent == agent and e.t >= since and not e["connected"]), None)
