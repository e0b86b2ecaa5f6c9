"""Whether the tracker takes what a burst delivers."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.measuring import measuring

__all__ = ["burst_events_refused"]


def burst_events_refused(within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of events of all bursts so far that the tracker refused for good (4xx but 429), though nothing was wrong.

    Waits up to `within_s` real-world seconds for the bursts to end. Under a fault that garbles deliveries the answer
    means nothing.
    """
    look = measuring(configuration, "burst_events_refused")

    def refused() -> float:
        evidence = look.evidence()
        begun, ended = evidence.of("burst.started"), evidence.of("burst.ended")
        if not begun or len(ended) < len(begun):
            raise NoEvidence(look.question, "bursts that have ended", f"{len(ended)} of {len(begun)}")
        return sum(int(entry["refused"]) for entry in ended)

    return int(look.settled(refused, 0, within_s))
