"""Whether the tracker's diagnostics tell who is in the call."""

from chaoslib.types import Configuration

from harness.errors import CannotTell
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient, TrackerRefused
from harness.observing.truth import truths

__all__ = ["share_of_diagnostics_enriched"]

MOST_CONVERSATIONS = 50


def share_of_diagnostics_enriched(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the health queries about the cloud's conversations (the newest 50) that are answered, and
    answered with the participants as the cloud knows them.

    An error for an answer counts as not. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_diagnostics_enriched")
    with TrackerClient(look.run.world) as tracker:

        def enriched() -> float:
            asked = [truth.conversation for truth in truths(look.evidence()).values() if truth.stays]
            newest = asked[-MOST_CONVERSATIONS:]
            good = sum(_is_enriched(tracker, conversation) for conversation in newest)
            return share(good, len(newest), look.question, "conversations that were in a queue")

        return look.settled(enriched, 1.0, within_s)


def _is_enriched(tracker: TrackerClient, conversation: str) -> bool:
    try:
        view = tracker.view(conversation)
    except TrackerRefused:
        return False
    if view is None:
        return False
    if view.participants is None:
        raise CannotTell("who is in a call", "the tracker", "its health query holds no participants")
    return view.enriched is not False and view.participants > 0
