"""When a story gives rise to a condition, and when the condition ends. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracker.ledger.interaction import Condition
from tracker.ledger.limits import Thresholds
from tracker.ledger.story import Stay, Story


def bouncing(story: Story, thresholds: Thresholds) -> set[str]:
    """The queues that the conversation came back to more often than allowed."""
    if not story.bounced:
        return set()
    return {queue for queue, times in story.bounced.items() if len(times) > thresholds.of(queue).max_bounces}


def bounced(conversation: str, story: Story, queue: str, thresholds: Thresholds) -> Condition:
    """The condition of such a queue, since the bounce that was one too many."""
    times, limit = story.bounced[queue], thresholds.of(queue).max_bounces
    return Condition("bouncing", conversation, queue, times[limit], len(times), limit, True)


def deadline_ms(stay: Stay, thresholds: Thresholds) -> int:
    """When a stay that lasts becomes stuck."""
    return (stay.entered_ms or 0) + int(thresholds.of(stay.queue).max_dwell_s * 1000)


def stuck(conversation: str, stay: Stay, now_ms: int, thresholds: Thresholds) -> Condition:
    """The condition of a stay that lasts for too long."""
    since_ms = stay.entered_ms or 0
    limit_s = thresholds.of(stay.queue).max_dwell_s
    return Condition("stuck", conversation, stay.queue, since_ms, (now_ms - since_ms) / 1000, limit_s, True)


def unknown_stays(story: Story, held: Iterable[Condition]) -> Iterator[Stay]:
    """The stays that last and are not held to be stuck."""
    known = {(c.queue, c.since_ms) for c in held if c.kind == "stuck"}
    return (stay for stay in story.lasting if (stay.queue, stay.entered_ms) not in known)


def ended(condition: Condition, value: float) -> Condition:
    """The condition as it ends."""
    return replace(condition, value=value, holds=False)


def released(held: Iterable[Condition], story: Story, thresholds: Thresholds) -> Iterator[Condition]:
    """Those of `held` that the story does not bear out any more, each as it ends."""
    lasting = {(stay.queue, stay.entered_ms) for stay in story.lasting}
    too_often = bouncing(story, thresholds) if story.finished_ms is None else set()
    for condition in held:
        if condition.kind == "stuck":
            if (condition.queue, condition.since_ms) not in lasting:
                yield ended(condition, _dwell_s(story, condition))
        elif condition.queue not in too_often:
            yield ended(condition, len(story.bounced.get(condition.queue, ())))


def _dwell_s(story: Story, condition: Condition) -> float:
    for stay in story.stays:
        if (stay.queue, stay.entered_ms) == (condition.queue, condition.since_ms) and stay.left_ms is not None:
            return (stay.left_ms - condition.since_ms) / 1000
    if story.finished_ms is not None:
        return (story.finished_ms - condition.since_ms) / 1000
    return condition.value
