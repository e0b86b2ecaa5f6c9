"""The ledger: every conversation's story, what is wrong with it, and what may be forgotten.

For any order of arrival, with any repetitions, the state equals that of the same events in order, once each. An event
that is newer than all others of its conversation costs O(1); any other, one fold over that conversation's few events.

Time passes only by `due(now_ms)`: it finds what became stuck (a heap of deadlines, O(log n) each) and lets go of what
rests. A conversation rests when nobody is inside a queue or its customer has left; it leaves memory after `retention_s`
without an event, or when more than `most_resting` others rest that were heard of later. One that is inside a queue
stays, but no longer than `longest_silence_s`: as long as the feed may retry (four days).
"""

import heapq
from bisect import bisect_left
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from tracker.events import Event, Kind
from tracker.ledger.interaction import Condition, Interaction, Visit
from tracker.ledger.limits import Thresholds
from tracker.ledger.story import RANK, Fact, Stay, Story, facts_of, meaning_of, told

State = Literal["open", "stuck", "anomalous"]


@dataclass(frozen=True, slots=True)
class Change:
    """What an event did: whether it was new, which conditions began or ended, which visits are complete now."""

    applied: bool
    conditions: tuple[Condition, ...] = ()
    completed: tuple[Visit, ...] = ()


DUPLICATE = Change(applied=False)
QUIET = Change(applied=True)


class Record:
    """What is kept of one conversation."""

    __slots__ = ("deadline_ms", "facts", "held", "story", "touched_ms")

    def __init__(self, facts: list[Fact], story: Story) -> None:
        self.facts = facts
        self.story = story
        self.held: list[Condition] = []
        self.deadline_ms: int | None = None
        self.touched_ms = 0


class Ledger:
    """The conversations in memory. Not for several threads at once."""

    story: type[Story] = Story

    def __init__(
        self,
        thresholds: Thresholds | None = None,
        retention_s: float = 3600.0,
        most_resting: int = 20_000,
        longest_silence_s: float = 4 * 86_400.0,
    ) -> None:
        self.thresholds = thresholds or Thresholds()
        self._retention_ms = int(retention_s * 1000)
        self._most_resting = most_resting
        self._longest_silence_ms = int(longest_silence_s * 1000)
        self._now_ms = 0
        # Both in order of their last event. A conversation is in exactly one of them.
        self._queued: dict[str, Record] = {}
        self._resting: dict[str, Record] = {}
        self._troubled: dict[str, Record] = {}
        self._deadlines: list[tuple[int, str]] = []

    def apply(self, event: Event) -> Change:
        """Take one event."""
        conversation = event.conversation
        record = self._queued.get(conversation) or self._resting.get(conversation)
        if record is None:
            record = Record([], self.story())
        meaning = meaning_of(event)
        facts = record.facts
        if not facts or facts[-1] < meaning:
            return self._tell_newest(conversation, record, (*meaning, event.outcome or ""))
        place = bisect_left(facts, meaning)
        if place < len(facts) and facts[place][:4] == meaning:
            return DUPLICATE
        facts.insert(place, (*meaning, event.outcome or ""))
        return self._tell_again(conversation, record)

    def knows(self, event: Event) -> bool:
        """Whether this very event was applied before, as far as memory goes."""
        record = self._queued.get(event.conversation) or self._resting.get(event.conversation)
        if record is None:
            return False
        meaning = meaning_of(event)
        if record.facts[-1] < meaning:
            return False
        place = bisect_left(record.facts, meaning)
        return place < len(record.facts) and record.facts[place][:4] == meaning

    def version(self, conversation: str) -> int:
        """Of the conversation in memory; 0 if it is not there."""
        record = self._queued.get(conversation) or self._resting.get(conversation)
        return 0 if record is None else len(record.facts)

    def bounces(self, conversation: str, queue: str) -> int:
        """How often the conversation bounced into `queue`; 0 if it is not in memory."""
        record = self._queued.get(conversation) or self._resting.get(conversation)
        return 0 if record is None else len(record.story.bounced.get(queue, ()))

    def load(self, conversation: str, events: Iterable[Event]) -> list[Condition]:
        """Take in all events of a conversation at once, as its store knows them, in place of what is in memory. Answers
        what changed: conditions that hold now and did not before, and those that ended."""
        facts = facts_of(events)
        if not facts:
            return []
        record = self._queued.get(conversation) or self._resting.get(conversation) or Record([], self.story())
        record.facts, record.story = facts, told(facts, self.story)
        before: AbstractSet[str] = NONE
        if record.story.finished_ms is not None:
            before = self._bouncing(record.story)
        conditions = self._judge(conversation, record, before)
        self._place(conversation, record)
        return conditions

    def due(self, now_ms: int) -> list[Condition]:
        """It is `now_ms`: the stays that became stuck, and what ended because it is forgotten."""
        if not self._now_ms:
            for known in (*self._queued.values(), *self._resting.values()):
                known.touched_ms = now_ms
        self._now_ms = max(now_ms, self._now_ms)
        found = []
        while self._deadlines and self._deadlines[0][0] < now_ms:
            deadline_ms, conversation = heapq.heappop(self._deadlines)
            record = self._queued.get(conversation)
            if record is not None and record.deadline_ms == deadline_ms:
                found += self._stuck(conversation, record, now_ms)
        return found + self._forget()

    def next_deadline(self) -> int | None:
        """When `due` may find something stuck, in epoch ms."""
        return self._deadlines[0][0] if self._deadlines else None

    def interaction(self, conversation: str) -> Interaction | None:
        """The conversation as it is now, all of one version; None if it is not in memory."""
        record = self._queued.get(conversation) or self._resting.get(conversation)
        return None if record is None else self._show(conversation, record)

    def view(self, conversation: str, events: Iterable[Event]) -> Interaction | None:
        """What these events amount to, without keeping them in memory."""
        facts = facts_of(events)
        return self._show(conversation, Record(facts, told(facts, self.story))) if facts else None

    def listing(self, state: State, offset: int, limit: int) -> tuple[list[Interaction], int]:
        """A page of those in memory, and how many there are."""
        if state == "open":
            names = self.unfinished()
        elif state == "stuck":
            names = [name for name, record in self._troubled.items() if any(c.kind == "stuck" for c in record.held)]
        else:
            names = [name for name, record in self._troubled.items() if any(c.kind == "bouncing" for c in record.held)]
        page = [self.interaction(name) for name in islice(names, offset, offset + limit)]
        return [found for found in page if found is not None], len(names)

    def conditions(self) -> list[Condition]:
        """All that hold now."""
        return [condition for record in self._troubled.values() for condition in record.held]

    def over(self) -> list[Condition]:
        """The bouncing of the conversations in memory that are over: each condition as it ended."""
        found = []
        for conversation, record in (*self._queued.items(), *self._resting.items()):
            if record.story.bounced and record.story.finished_ms is not None:
                for queue in self._bouncing(record.story):
                    times, limit = record.story.bounced[queue], self.thresholds.of(queue).max_bounces
                    found.append(Condition("bouncing", conversation, queue, times[limit], len(times), limit, False))
        return found

    def unfinished(self) -> list[str]:
        """The conversations in memory that are not over."""
        records = (*self._queued.items(), *self._resting.items())
        return [conversation for conversation, record in records if record.story.finished_ms is None]

    def size(self) -> int:
        """How many conversations are in memory."""
        return len(self._queued) + len(self._resting)

    def _tell_newest(self, conversation: str, record: Record, fact: Fact) -> Change:
        story = record.story
        record.facts.append(fact)
        if fact[1] not in MOVES:
            story.last_ms = fact[0]
            self._place(conversation, record)
            return QUIET
        before = self._bouncing(story) if story.bounced else NONE
        stay = story.tell(fact)
        conditions = self._judge(conversation, record, before)
        self._place(conversation, record)
        if stay is None and not conditions:
            return QUIET
        return Change(True, tuple(conditions), () if stay is None else (stay.visit(),))

    def _tell_again(self, conversation: str, record: Record) -> Change:
        before, completed = self._bouncing(record.story), set(_complete(record.story))
        record.story = told(record.facts, self.story)
        conditions = self._judge(conversation, record, before)
        self._place(conversation, record)
        fresh = tuple(visit for visit in _complete(record.story) if visit not in completed)
        return Change(True, tuple(conditions), fresh)

    def _bouncing(self, story: Story) -> set[str]:
        of = self.thresholds.of
        return {queue for queue, times in story.bounced.items() if len(times) > of(queue).max_bounces}

    def _judge(self, conversation: str, record: Record, before: AbstractSet[str]) -> list[Condition]:
        """What begins and ends, now that the story is as it is; sets the next deadline."""
        story = record.story
        changes: list[Condition] = []
        if record.held:
            changes += self._released(record)
        for queue in self._bouncing(story) if story.bounced else NONE:
            known = any(c.kind == "bouncing" and c.queue == queue for c in record.held)
            if not known and queue not in before:
                changes += self._bounced(conversation, record, queue)
        self._set_deadline(conversation, record)
        if record.held:
            self._troubled[conversation] = record
        else:
            self._troubled.pop(conversation, None)
        return changes

    def _bounced(self, conversation: str, record: Record, queue: str) -> list[Condition]:
        times, limit = record.story.bounced[queue], self.thresholds.of(queue).max_bounces
        begun = Condition("bouncing", conversation, queue, times[limit], len(times), limit, True)
        if record.story.finished_ms is not None:
            return [begun, _ended(begun, len(times))]
        record.held.append(begun)
        return [begun]

    def _released(self, record: Record) -> list[Condition]:
        lasting = {(stay.queue, stay.entered_ms) for stay in record.story.lasting}
        bouncing = self._bouncing(record.story) if record.story.finished_ms is None else NONE
        kept, ended = [], []
        for held in record.held:
            if held.kind == "stuck":
                holds, value = (held.queue, held.since_ms) in lasting, _dwell_s(record.story, held)
            else:
                holds, value = held.queue in bouncing, float(len(record.story.bounced.get(held.queue, ())))
            if holds:
                kept.append(held)
            else:
                ended.append(_ended(held, value))
        record.held = kept
        return ended

    def _set_deadline(self, conversation: str, record: Record) -> None:
        known = {(c.queue, c.since_ms) for c in record.held if c.kind == "stuck"} if record.held else NONE
        lasting = record.story.lasting
        deadlines = [self._deadline(stay) for stay in lasting if (stay.queue, stay.entered_ms) not in known]
        deadline_ms = min(deadlines) if deadlines else None
        if deadline_ms is not None and deadline_ms != record.deadline_ms:
            heapq.heappush(self._deadlines, (deadline_ms, conversation))
        record.deadline_ms = deadline_ms

    def _deadline(self, stay: Stay) -> int:
        return (stay.entered_ms or 0) + int(self.thresholds.of(stay.queue).max_dwell_s * 1000)

    def _stuck(self, conversation: str, record: Record, now_ms: int) -> list[Condition]:
        known = {(c.queue, c.since_ms) for c in record.held if c.kind == "stuck"}
        begun = [
            Condition(
                "stuck",
                conversation,
                stay.queue,
                stay.entered_ms or 0,
                (now_ms - (stay.entered_ms or 0)) / 1000,
                self.thresholds.of(stay.queue).max_dwell_s,
                True,
            )
            for stay in record.story.lasting
            if self._deadline(stay) < now_ms and (stay.queue, stay.entered_ms) not in known
        ]
        record.held += begun
        self._troubled[conversation] = record
        record.deadline_ms = None
        self._set_deadline(conversation, record)
        return begun

    def _place(self, conversation: str, record: Record) -> None:
        record.touched_ms = self._now_ms
        self._queued.pop(conversation, None)
        self._resting.pop(conversation, None)
        if record.story.lasting:
            self._queued[conversation] = record
        else:
            self._resting[conversation] = record
        if len(self._deadlines) > 2 * len(self._queued) + 1000:
            self._deadlines = [(r.deadline_ms, name) for name, r in self._queued.items() if r.deadline_ms is not None]
            heapq.heapify(self._deadlines)

    def _forget(self) -> list[Condition]:
        ended: list[Condition] = []
        for records, silence_ms, most in (
            (self._resting, self._retention_ms, self._most_resting),
            (self._queued, self._longest_silence_ms, None),
        ):
            while records:
                conversation, record = next(iter(records.items()))
                crowded = most is not None and len(records) > most
                if not crowded and record.touched_ms + silence_ms > self._now_ms:
                    break
                del records[conversation]
                self._troubled.pop(conversation, None)
                ended += [_ended(held, held.value) for held in record.held]
        return ended

    def _show(self, conversation: str, record: Record) -> Interaction:
        story = record.story
        lasting = story.lasting
        bounces, visits = story.bounces(), len(story.stays)
        return Interaction(
            conversation=conversation,
            version=len(record.facts),
            open=story.finished_ms is None,
            current_queue=lasting[-1].queue if lasting else None,
            entered_ms=lasting[-1].entered_ms if lasting else None,
            visits=tuple(stay.visit() for stay in story.stays),
            transitions=story.transitions(),
            bounces=bounces,
            bounce_ratio=bounces / visits if visits else 0.0,
            phantoms=story.improbable(),
            finished_ms=story.finished_ms,
            last_ms=story.last_ms,
            stuck=any(self._deadline(stay) < self._now_ms for stay in lasting),
            anomalous=bool(self._bouncing(story)),
        )


MOVES = frozenset({RANK[Kind.ACD_START], RANK[Kind.ACD_END], RANK[Kind.CUSTOMER_END]})
NONE: frozenset[Any] = frozenset()


def _complete(story: Story) -> list[Visit]:
    return [stay.visit() for stay in story.stays if stay.entered_ms is not None and stay.left_ms is not None]


def _dwell_s(story: Story, held: Condition) -> float:
    for stay in story.stays:
        if (stay.queue, stay.entered_ms) == (held.queue, held.since_ms) and stay.left_ms is not None:
            return (stay.left_ms - held.since_ms) / 1000
    if story.finished_ms is not None:
        return (story.finished_ms - held.since_ms) / 1000
    return held.value


def _ended(held: Condition, value: float) -> Condition:
    return Condition(held.kind, held.conversation, held.queue, held.since_ms, value, held.limit, False)
