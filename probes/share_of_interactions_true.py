"""Whether the tracker tells what really happened."""

from collections import Counter
from collections.abc import Iterable

from chaoslib.types import Configuration

from harness.evidence import Evidence
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient, TrackerRefused, TrackerView, Transition, Visit
from harness.observing.truth import Stay, Truth, truths

__all__ = ["share_of_interactions_true"]


def share_of_interactions_true(
    dwell_slack_s: float = 1, at_least: int = 1, within_s: float = 0, configuration: Configuration = None
) -> float:
    """Share (0 to 1) of the cloud's conversations of which the tracker tells the truth by the cloud's own state.

    Entries and exits of each queue, how long each stay was (give or take `dwell_slack_s` real-world seconds), bounces,
    and the queue that it waits in now, which is none once the call is over; an error for an answer is not the truth,
    and what the tracker does not tell it cannot. There must be `at_least` so many conversations that were in a queue.
    Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_interactions_true")
    slack_ms = look.run.scaled(dwell_slack_s) * 1000
    with TrackerClient(look.run.world) as tracker:

        def true() -> float:
            real = _in_queues(look.evidence())
            views = [_view(tracker, one) for one in real]
            good = sum(_is_true(view, one, slack_ms) for view, one in zip(views, real, strict=True))
            if good == len(real):  # what is told wrong is wrong, whatever else is not told
                _tells_all(views)
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


def _tells_all(views: Iterable[TrackerView | None]) -> None:
    for view in filter(None, views):
        for what in ("bounces", "queue", "transitions", "visits"):
            view.told(what)


def _is_true(view: TrackerView | None, truth: Truth, slack_ms: float) -> bool:
    """Whether nothing that it tells is wrong."""
    if view is None or view.bounces not in (None, truth.bounces):
        return False
    if view.tells_queue and view.queue != (truth.queue if truth.open else None):
        return False
    if view.transitions is not None and _steps(view.transitions) != _real_steps(truth):
        return False
    return view.visits is None or _same_dwells(view.visits, truth, slack_ms)


def _steps(told: Iterable[Transition]) -> Counter[tuple[str, str]]:
    return Counter((one.type, one.queue) for one in told)


def _real_steps(truth: Truth) -> Counter[tuple[str, str]]:
    entries = Counter(("enter", stay.queue) for stay in truth.stays)
    return entries + Counter(("exit", stay.queue) for stay in truth.stays if stay.left_ms is not None)


def _same_dwells(visits: Iterable[Visit], truth: Truth, slack_ms: float) -> bool:
    """Stay by stay, in order of entering."""
    told = sorted(visits, key=lambda visit: visit.entered_ms or 0)
    return len(told) == len(truth.stays) and all(
        visit.queue == stay.queue and _same_dwell(visit, stay, slack_ms)
        for visit, stay in zip(told, truth.stays, strict=True)
    )


def _same_dwell(visit: Visit, stay: Stay, slack_ms: float) -> bool:
    """One that lasts may be told with how long it lasted so far."""
    if stay.dwell_ms is None:
        return visit.left_ms is None
    return visit.dwell_ms is not None and abs(visit.dwell_ms - stay.dwell_ms) <= slack_ms
