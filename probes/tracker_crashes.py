"""How often the tracker died by itself."""

from chaoslib.types import Configuration

from harness.errors import CannotTell, NoEvidence
from harness.observing.measuring import measuring

__all__ = ["tracker_crashes"]

QUESTION = "tracker_crashes"


def tracker_crashes(configuration: Configuration = None) -> int:
    """How often the tracker's process ended although nobody killed it; it was started again each time.

    Raises `NoEvidence` without a tracker, `CannotTell` of one that was running before and that nobody watches.
    """
    look = measuring(configuration, QUESTION)
    tracker = look.run.world.tracker
    if tracker is None:
        raise NoEvidence(QUESTION, "a world with a tracker", "one without")
    if not tracker.kept:
        raise CannotTell("how often it died", "the harness", "the tracker was not started for this run")
    return sum(entry["name"] == "tracker" for entry in look.evidence().of("process.died", source="keeper"))
