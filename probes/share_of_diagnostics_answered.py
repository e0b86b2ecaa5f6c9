"""Whether the tracker's diagnostics answer while its cloud does not."""

import time
from concurrent.futures import ThreadPoolExecutor

from chaoslib.types import Configuration

from harness.errors import Unreachable
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient, TrackerRefused
from harness.observing.truth import truths

__all__ = ["share_of_diagnostics_answered"]


def share_of_diagnostics_answered(answer_s: float = 60, newest: int = 4, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the health queries about the `newest` conversations of the cloud, asked at the same time, that
    are answered within `answer_s` real-world seconds by what the tracker knows itself.

    An error for an answer counts as not, and so does one that claims to be enriched and names no participants.
    """
    look = measuring(configuration, "share_of_diagnostics_answered")
    limit_s = look.run.scaled(answer_s)
    asked = [truth.conversation for truth in truths(look.evidence()).values() if truth.stays][-max(1, newest) :]
    with TrackerClient(look.run.world, limit_s) as tracker, ThreadPoolExecutor(len(asked) or 1) as pool:
        good = sum(pool.map(lambda conversation: _is_answered(tracker, conversation, limit_s), asked))
    return share(good, len(asked), look.question, "conversations that were in a queue")


def _is_answered(tracker: TrackerClient, conversation: str, limit_s: float) -> bool:
    began = time.monotonic()
    try:
        view = tracker.view(conversation)
    except (TrackerRefused, Unreachable):
        return False
    if view is None or time.monotonic() - began > limit_s:
        return False
    return bool(view.told("transitions")) and not (view.enriched and view.participants == 0)
