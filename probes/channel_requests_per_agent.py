"""Whether a desktop storms the endpoint for notification channels."""

from chaoslib.types import Configuration

from harness.observing.measuring import measuring
from harness.observing.traffic import most_requests

__all__ = ["channel_requests_per_agent"]


def channel_requests_per_agent(window_s: float = 60, configuration: Configuration = None) -> int:
    """The largest number of requests for notification channels by one agent within any `window_s` real-world seconds.

    Counted on the wire since the first fault, or since the start if there was none; refused requests count.
    """
    look = measuring(configuration, "channel_requests_per_agent")
    return most_requests(look.evidence(), look.agents, look.nanoseconds(window_s), "POST", "*/notifications/channels")
