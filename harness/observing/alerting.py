"""What a tracker should have alerted, by what really happened, against the alerts that the receiver got. Pure.

Moments of real happenings are epoch milliseconds; `offset_ns` is what takes them to the evidence's monotonic clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from harness.evidence import Entry, Evidence
from harness.observing.checker import Step
from harness.observing.truth import Truth, truths

STUCK, BOUNCING = "stuck", "bouncing"
FIRING, STILL_FIRING, RESOLVED = "firing", "still firing", "resolved"
ALERTMANAGER = "alertmanager"


@dataclass(frozen=True)
class Limits:
    """In the tracker's own time: a stay of more than `max_dwell_ms`, more than `max_bounces` to one queue."""

    max_dwell_ms: float
    max_bounces: int


@dataclass(frozen=True)
class Expected:
    """An alert that should be there from `since` on, and should be over from `until` on (monotonic ns; None: not yet).
    A call that bounced too often goes on doing so until it ends."""

    alert: str
    conversation: str
    queue: str
    since: int
    until: int | None = None


@dataclass(frozen=True)
class Stay:
    """One stay in a queue."""

    queue: str
    entered_ms: int
    left_ms: int | None


@dataclass(frozen=True)
class Story:
    """What really happened to one conversation: its stays in order, and its end, if it came."""

    conversation: str
    stays: tuple[Stay, ...]
    ended_ms: int | None = None


def stories(evidence: Evidence) -> list[Story]:
    """Every conversation: those of the cloud, and those made up that the tracker has acknowledged whole."""
    return [*map(_of_cloud, truths(evidence).values()), *_made_up(evidence)]


class Acknowledged:
    """When the tracker first acknowledged that a stay began and ended (monotonic ns).

    The cloud's events are told apart by their order: the first entry that was sent is that of the first stay.
    """

    def __init__(self, evidence: Evidence) -> None:
        taken: dict[str, int] = {}
        for entry in evidence.of("cloud.feed.answered", "delivery.ok"):
            if 200 <= int(entry["status"]) < 300:
                taken.setdefault(str(entry.get("event") or entry["delivery"]), entry.t)
        self._made_up: dict[tuple[str, Step], int | None] = {}
        for entry in evidence.of("delivery.invoked"):
            for step in entry["steps"]:
                self._made_up[str(entry["conversation"]), Step(*step)] = taken.get(str(entry["delivery"]))
        self._fed: dict[tuple[str, bool], dict[str, int | None]] = {}
        for entry in evidence.of("cloud.feed.sent"):
            enters = {"start": True, "end": False}.get(str(entry["topic"]).partition(".acd.")[2])
            if enters is not None:
                events = self._fed.setdefault((str(entry["conversation"]), enters), {})
                events.setdefault(str(entry["event"]), taken.get(str(entry["event"])))

    def began(self, story: Story, stay: Stay, otherwise: int) -> int | None:
        """None if it was told and not acknowledged; `otherwise` if nobody ever told it."""
        place = sorted(one.entered_ms for one in story.stays).index(stay.entered_ms)
        return self._moment(story.conversation, Step(stay.entered_ms, True, stay.queue), place, otherwise)

    def ended(self, story: Story, stay: Stay, otherwise: int) -> int | None:
        """The same of its end, which must have come."""
        place = sorted(one.left_ms for one in story.stays if one.left_ms is not None).index(stay.left_ms or 0)
        return self._moment(story.conversation, Step(stay.left_ms or 0, False, stay.queue), place, otherwise)

    def _moment(self, conversation: str, step: Step, place: int, otherwise: int) -> int | None:
        if (conversation, step) in self._made_up:
            return self._made_up[conversation, step]
        fed = list(self._fed.get((conversation, step.enters), {}).values())
        return fed[place] if place < len(fed) else otherwise


def knowable(evidence: Evidence, offset_ns: int) -> list[Story]:
    """The same as a tracker could know it: a stay lasts until the tracker has acknowledged its end."""
    acknowledged = Acknowledged(evidence)

    def known(story: Story, stay: Stay) -> Stay:
        if stay.left_ms is None:
            return stay
        told = acknowledged.ended(story, stay, 0)
        return replace(stay, left_ms=None if told is None else max(stay.left_ms, (told - offset_ns) // 1_000_000))

    return [replace(story, stays=tuple(known(story, stay) for stay in story.stays)) for story in stories(evidence)]


def _of_cloud(truth: Truth) -> Story:
    # At the end of a call whatever stay it was in is over.
    stays = (Stay(one.queue, one.entered_ms, one.left_ms or truth.ended_ms) for one in truth.stays)
    return Story(truth.conversation, tuple(stays), truth.ended_ms)


def unfinished(evidence: Evidence) -> set[str]:
    """Those made up of which not all was delivered and acknowledged: what became of them nobody can say."""
    acknowledged: dict[str, set[str]] = {}
    for entry in evidence.of("delivery.ok"):
        acknowledged.setdefault(str(entry["conversation"]), set()).add(str(entry["delivery"]))
    wanted = {name: count for entry in evidence.of("burst.started") for name, count in entry["conversations"].items()}
    return {name for name, count in wanted.items() if len(acknowledged.get(name, ())) < count}


def _made_up(evidence: Evidence) -> list[Story]:
    left_out = unfinished(evidence)
    taken = {str(entry["delivery"]) for entry in evidence.of("delivery.ok")}
    steps: dict[str, set[Step]] = {}
    for entry in evidence.of("delivery.invoked"):
        own = steps.setdefault(str(entry["conversation"]), set())
        if entry["delivery"] in taken:
            own.update(Step(*step) for step in entry["steps"])
    return [Story(name, _paired(sorted(own))) for name, own in steps.items() if name not in left_out]


def _paired(steps: Iterable[Step]) -> tuple[Stay, ...]:
    stays: list[Stay] = []
    for at_ms, enters, queue in steps:
        place = next((n for n, one in enumerate(stays) if one.queue == queue and one.left_ms is None), None)
        if enters:
            stays.append(Stay(queue, at_ms, None))
        elif place is not None:
            stays[place] = Stay(queue, stays[place].entered_ms, at_ms)
    return tuple(stays)


def expected(story: Story, limits: Limits, offset_ns: int) -> list[Expected]:
    """The alerts that this conversation should have caused, or will have if nothing happens."""

    def moment(ms: float) -> int:
        return int(ms * 1_000_000) + offset_ns

    found = []
    for stay in story.stays:
        due_ms = stay.entered_ms + limits.max_dwell_ms
        if stay.left_ms is None or stay.left_ms > due_ms:
            until = None if stay.left_ms is None else moment(stay.left_ms)
            found.append(Expected(STUCK, story.conversation, stay.queue, moment(due_ms), until))
    for queue in dict.fromkeys(stay.queue for stay in story.stays):
        entries = [stay.entered_ms for stay in story.stays if stay.queue == queue]
        if len(entries) - 1 > limits.max_bounces:
            ended = None if story.ended_ms is None else moment(story.ended_ms)
            since = moment(entries[limits.max_bounces + 1])
            found.append(Expected(BOUNCING, story.conversation, queue, since, ended))
    return found


def as_told(received: Iterable[Entry]) -> list[Entry]:
    """The alerts that came, in order of time, with what their senders leave to the receiver to remember.

    The end of an alert may name nothing but the key of its beginning, as PagerDuty's `resolve` does (Events API v2).
    An Alertmanager is sent what fires again and again: all but the first time it is a reminder.
    """
    named: dict[tuple[str, str], dict[str, Any]] = {}
    firing: set[tuple[str, str, str | None]] = set()
    found = []
    for entry in received:
        key, told = (str(entry["sink"]), str(entry["key"])), entry
        if entry["conversation"]:
            named[key] = {what: entry[what] for what in ("alert", "conversation", "queue")}
        elif entry["key"] and entry["state"] == RESOLVED:
            told = replace(entry, fields=entry.fields | named.get(key, {}))
        if told["sink"] == ALERTMANAGER:
            about = str(told["alert"]), str(told["conversation"]), told["queue"]
            if told["state"] == RESOLVED:
                firing.discard(about)
            elif about in firing:
                told = replace(told, fields=told.fields | {"state": STILL_FIRING})
            else:
                firing.add(about)
        found.append(told)
    return found


def is_about(entry: Entry, alert: Expected) -> bool:
    """Whether a received alert is this one; one that names no queue may be of any."""
    return (
        entry["alert"] == alert.alert
        and entry["conversation"] == alert.conversation
        and entry["queue"] in (None, alert.queue)
    )
