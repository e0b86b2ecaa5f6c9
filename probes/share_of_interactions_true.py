"""Whether the tracker tells what really happened."""

from collections import Counter

from chaoslib.types import Configuration

from harness.evidence import Evidence
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient, TrackerRefused, TrackerView
from harness.observing.truth import Truth, truths

__all__ = ["share_of_interactions_true"]


def share_of_interactions_true(
    dwell_slack_s: float = 1, at_least: int = 1, within_s: float = 0, configuration: Configuration = None
) -> float:
    """Share (0 to 1) of the cloud's conversations of which the tracker tells the truth by the cloud's own state.

    Entries and exits of each queue, how long each stay was (give or take `dwell_slack_s` real-world seconds), bounces,
    and the queue that it waits in now; an error for an answer is not the truth. There must be `at_least` so many
    conversations that were in a queue. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_interactions_true")
    slack_ms = look.run.scaled(dwell_slack_s) * 1000
    with TrackerClient(look.run.world) as tracker:

        def true() -> float:
            real = _in_queues(look.evidence())
            good = sum(_is_true(_view(tracker, one), one, slack_ms) for one in real)
            enough = len(real) if len(real) >= at_least else 0
            return share(good, enough, look.question, f"at least {at_least} conversations that were in a queue")

        return look.settled(true, 1.0, within_s)


def _in_queues(evidence: Evidence) -> list[Truth]:
    return [truth for truth in truths(evidence).values() if truth.stays]


def _view(tracker: TrackerClient, truth: Truth) -> TrackerView | None:
    try:
        return tracker.view(truth.conversation)
    except TrackerRefused:
        return None


def _is_true(view: TrackerView | None, truth: Truth, slack_ms: float) -> bool:
    if view is None or view.bounces != truth.bounces:
        return False
    if truth.open and view.queue != truth.queue:
        return False
    return _steps(view) == _real_steps(truth) and _same_dwells(view, truth, slack_ms)


def _steps(view: TrackerView) -> Counter[tuple[str, str]]:
    return Counter((one.type, one.queue) for one in view.transitions)


def _real_steps(truth: Truth) -> Counter[tuple[str, str]]:
    entries = Counter(("enter", stay.queue) for stay in truth.stays)
    return entries + Counter(("exit", stay.queue) for stay in truth.stays if stay.left_ms is not None)


def _same_dwells(view: TrackerView, truth: Truth, slack_ms: float) -> bool:
    """Stay by stay, in order of entering."""
    told = sorted(view.visits, key=lambda visit: visit.entered_ms or 0)
    if len(told) != len(truth.stays):
        return False
    for visit, stay in zip(told, truth.stays, strict=True):
        if visit.queue != stay.queue or (visit.dwell_ms is None) != (stay.dwell_ms is None):
            return False
        if visit.dwell_ms is not None and stay.dwell_ms is not None and abs(visit.dwell_ms - stay.dwell_ms) > slack_ms:
            return False
    return True
