"""How hard the whole floor hits one endpoint at its worst."""

from chaoslib.types import Configuration

from harness.observing.figures import most_within
from harness.observing.history import since_fault
from harness.observing.measuring import measuring
from harness.observing.traffic import requests

__all__ = ["peak_request_rate"]


def peak_request_rate(path: str = "*", window_s: float = 1, configuration: Configuration = None) -> float:
    """Requests per real-world second of all agents together, in the busiest `window_s` real-world seconds since the
    first fault.

    `path` is a shell pattern such as `*/oauth/token` or `*/notifications/channels`. Without a fault the whole run
    counts.
    """
    look = measuring(configuration, "peak_request_rate")
    evidence = look.evidence()
    start = since_fault(evidence)
    times = [entry.t for entry in requests(evidence, look.agents, path=path) if entry.t >= start]
    return round(most_within(times, look.nanoseconds(window_s)) / window_s, 3)
