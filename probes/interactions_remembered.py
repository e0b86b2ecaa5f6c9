"""Whether the tracker forgets what is over."""

from chaoslib.types import Configuration

from harness.errors import CannotTell
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient

__all__ = ["interactions_remembered"]

ALL = 'tracker_interactions{state="all"}'
OPEN = 'tracker_interactions{state="open"}'


def interactions_remembered(within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of conversations that are over and still in the tracker's memory, by its metrics.

    Waits up to `within_s` real-world seconds for none. A tracker without this metric cannot tell.
    """
    look = measuring(configuration, "interactions_remembered")
    with TrackerClient(look.run.world) as tracker:

        def remembered() -> float:
            metrics = tracker.metrics()
            if ALL not in metrics or OPEN not in metrics:
                raise CannotTell(look.question, "the tracker", f"its metrics do not say {ALL} and {OPEN}")
            return metrics[ALL] - metrics[OPEN]

        return int(look.settled(remembered, 0, within_s))
