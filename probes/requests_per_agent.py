"""Whether a desktop floods the API."""

from chaoslib.types import Configuration

from harness.observing.measuring import measuring
from harness.observing.traffic import most_requests

__all__ = ["requests_per_agent"]


def requests_per_agent(window_s: float = 60, path: str = "*", configuration: Configuration = None) -> int:
    """The largest number of requests to `path` by one agent within any `window_s` real-world seconds.

    Counted on the wire since the first fault, or since the start if there was none; refused requests count.
    """
    look = measuring(configuration, "requests_per_agent")
    return most_requests(look.evidence(), look.agents, look.nanoseconds(window_s), path=path)
