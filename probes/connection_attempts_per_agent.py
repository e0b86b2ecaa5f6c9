"""Whether a desktop hammers: how often it tries to connect."""

from chaoslib.types import Configuration

from harness.observing.figures import most_within
from harness.observing.history import since_fault
from harness.observing.measuring import measuring
from harness.observing.traffic import connection_attempts

__all__ = ["connection_attempts_per_agent"]


def connection_attempts_per_agent(window_s: float = 10, configuration: Configuration = None) -> int:
    """The largest number of attempts to get a socket by one agent within any `window_s` real-world seconds.

    Counted since the first fault, or since the start if there was none. An attempt is a handshake, whatever came of
    it, or a channel that was asked for and not given.
    """
    look = measuring(configuration, "connection_attempts_per_agent")
    evidence = look.evidence()
    start = since_fault(evidence)
    window = look.nanoseconds(window_s)
    attempts = connection_attempts(evidence, look.agents)
    return max((most_within((t for t in times if t >= start), window) for times in attempts.values()), default=0)
