"""Whether the tracker's diagnostics tell who is in the call."""

from chaoslib.types import Configuration

from harness.errors import CannotTell, Unreachable
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient, TrackerRefused
from harness.observing.truth import Truth, truths

__all__ = ["share_of_diagnostics_enriched"]

MOST_CONVERSATIONS = 50
CUSTOMER = 1


def share_of_diagnostics_enriched(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the health queries about the cloud's conversations (the newest 50) that are answered, and
    answered with all participants that the cloud knows of: the customer, and one for each stay in a queue.

    An error for an answer counts as not, and none within 10 s of the clock too. Waits up to `within_s` real-world
    seconds for all.
    """
    look = measuring(configuration, "share_of_diagnostics_enriched")
    with TrackerClient(look.run.world) as tracker:

        def enriched() -> float:
            asked = [truth for truth in truths(look.evidence()).values() if truth.stays]
            newest = asked[-MOST_CONVERSATIONS:]
            good = sum(_is_enriched(tracker, truth) for truth in newest)
            return share(good, len(newest), look.question, "conversations that were in a queue")

        return look.settled(enriched, 1.0, within_s)


def _is_enriched(tracker: TrackerClient, truth: Truth) -> bool:
    try:
        view = tracker.view(truth.conversation)
    except (TrackerRefused, Unreachable):
        return False
    if view is None:
        return False
    if view.participants is None:
        raise CannotTell("who is in a call", "the tracker", "its health query holds no participants")
    return view.enriched is not False and view.participants >= CUSTOMER + len(truth.stays)
