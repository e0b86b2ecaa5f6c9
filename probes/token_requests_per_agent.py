"""Whether a desktop storms the endpoint for access tokens."""

from chaoslib.types import Configuration

from harness.observing.measuring import measuring
from harness.observing.traffic import most_requests
from harness.scope import TRACKER

__all__ = ["token_requests_per_agent"]


def token_requests_per_agent(
    window_s: float = 60, of_tracker: bool = False, configuration: Configuration = None
) -> int:
    """The largest number of requests for access tokens by one agent within any `window_s` real-world seconds; with
    `of_tracker` those of the tracker.

    Counted on the wire since the first fault, or since the start if there was none; refused requests count.
    """
    look = measuring(configuration, "token_requests_per_agent")
    who = [TRACKER] if of_tracker else look.agents
    return most_requests(look.evidence(), who, look.nanoseconds(window_s), "POST", "*/oauth/token")
