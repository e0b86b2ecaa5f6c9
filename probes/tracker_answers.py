"""Whether the tracker is there."""

from chaoslib.types import Configuration

from harness.breaking.process import UNFOLLOWED
from harness.errors import DeskstormError
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient

__all__ = ["tracker_answers"]

NOBODY = "00000000-0000-4000-8000-00000000c0de"


def tracker_answers(within_s: float = 0, configuration: Configuration = None) -> int:
    """1 if the tracker says that it lives, takes a delivery and answers a question, all within seconds; else 0.

    What is delivered is no event of a conversation; it changes nothing. Waits up to `within_s` real-world seconds.
    """
    look = measuring(configuration, "tracker_answers")
    with TrackerClient(look.run.world, within_s=max(1.0, look.run.scaled(10))) as tracker:
        return int(look.settled(lambda: float(_answers(tracker)), 1.0, within_s))


def _answers(tracker: TrackerClient) -> bool:
    try:
        known = tracker.view(NOBODY)
    except DeskstormError:
        return False
    return known is None and tracker.is_up() and 200 <= tracker.deliver(UNFOLLOWED) < 300
