"""The ledger: every conversation's story, what is wrong with it, and what may be forgotten.

For any order of arrival, with any repetitions, the state equals that of the same events in order, once each. An event
that is newer than all others of its conversation costs O(1); those that are not, and come at once, cost one fold over
that conversation's few events.

Time passes only by `due(now_ms)`: it finds what became stuck (a heap of deadlines, O(log n) each) and lets go of what
was silent for long: `retention_s` for a conversation that is over or in no queue, four days (as long as the feed may
retry) for one that is inside a queue. See `memory.py`.
"""

import heapq
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from tracker.events import Event, Kind
from tracker.ledger.conditions import bounced, bouncing, deadline_ms, ended, released, stuck, unknown_stays
from tracker.ledger.interaction import Condition, Interaction, Visit
from tracker.ledger.limits import Thresholds
from tracker.ledger.memory import CROWD, Memory, Record, Shelf
from tracker.ledger.story import RANK, Fact, Meaning, Story, facts_of, meaning_of, told

State = Literal["open", "stuck", "anomalous"]

MOST_QUEUED, MOST_TALKING, MOST_OVER = 500_000, 100_000, 20_000
MOST_AT_ONCE = 500
LONGEST_SILENCE_MS = 4 * 86_400_000
MOVES = frozenset({RANK[Kind.ACD_START], RANK[Kind.ACD_END], RANK[Kind.CUSTOMER_END]})


@dataclass(frozen=True, slots=True)
class Change:
    """What an event did: whether it was new, which conditions began or ended, which visits are complete now."""

    applied: bool
    conditions: tuple[Condition, ...] = ()
    completed: tuple[Visit, ...] = ()


DUPLICATE = Change(applied=False)
QUIET = Change(applied=True)
NO_QUEUES: AbstractSet[str] = frozenset()


class Ledger:
    """The conversations in memory. Not for several threads at once."""

    story: type[Story] = Story

    def __init__(
        self,
        thresholds: Thresholds | None = None,
        retention_s: float = 3600.0,
        most_over: int = MOST_OVER,
        crowd: int = CROWD,
    ) -> None:
        self.thresholds = thresholds or Thresholds()
        retention_ms = int(retention_s * 1000)
        self._memory = Memory(
            queued=Shelf(LONGEST_SILENCE_MS, MOST_QUEUED),
            talking=Shelf(retention_ms, MOST_TALKING),
            over=Shelf(retention_ms, most_over),
            crowd=crowd,
        )
        self._records = self._memory.records
        self._troubled: dict[str, Record] = {}
        self._anomalous: dict[str, Record] = {}
        self._deadlines: list[tuple[int, str]] = []

    def apply(self, event: Event) -> Change:
        """Take one event."""
        conversation, meaning = event.conversation, meaning_of(event)
        record = self._records.get(conversation)
        if record is None:
            record = Record([], self.story())
        facts = record.facts
        if not facts or facts[-1] < meaning:
            return self._tell_newest(conversation, record, (*meaning, event.outcome or ""))
        place = _place_of(meaning, facts)
        if place is None:
            return DUPLICATE
        facts.insert(place, (*meaning, event.outcome or ""))
        return self._tell_again(conversation, record)

    def apply_all(self, conversation: str, events: Sequence[Event]) -> list[Change]:
        """Take events of one conversation; a change for each. However many are out of order, they are one fold: the
        change of the last of them is that of all."""
        changes: list[Change] = []
        late = 0
        for number, event in enumerate(events, 1):
            record, meaning = self._records.get(conversation), meaning_of(event)
            place = None
            if record is not None and (late or meaning < record.facts[-1]):
                place = _place_of(meaning, record.facts)
            if record is None or place is None:
                changes.append(self.apply(event))
            else:
                record.facts.insert(place, (*meaning, event.outcome or ""))
                changes.append(QUIET)
                late = number
        if late:
            changes[late - 1] = self._tell_again(conversation, self._records[conversation])
        return changes

    def knows(self, event: Event) -> bool:
        """Whether this very event was applied before, as far as memory goes."""
        record = self._records.get(event.conversation)
        if record is None or record.facts[-1][0] < event.at_ms:
            return False
        meaning = meaning_of(event)
        return not record.facts[-1] < meaning and _place_of(meaning, record.facts) is None

    def version(self, conversation: str) -> int:
        """Of the conversation in memory; 0 if it is not there."""
        record = self._records.get(conversation)
        return 0 if record is None else len(record.facts)

    def bounces(self, conversation: str, queue: str, until_ms: int) -> int:
        """How often the conversation had bounced into `queue` by `until_ms`; 0 if it is not in memory."""
        record = self._records.get(conversation)
        return 0 if record is None else sum(at_ms <= until_ms for at_ms in record.story.bounced.get(queue, ()))

    def load(self, conversation: str, events: Iterable[Event]) -> list[Condition]:
        """Take in all events of a conversation at once, as its store knows them, in place of what is in memory. Answers
        what changed: conditions that hold now and did not before, and those that ended."""
        facts = facts_of(events)
        if not facts:
            return []
        record = self._records.get(conversation) or Record([], self.story())
        record.facts, record.story = facts, told(facts, self.story)
        # Of a conversation that is over, its bounces are no news.
        before = bouncing(record.story, self.thresholds) if record.story.finished_ms is not None else NO_QUEUES
        conditions = self._judge(conversation, record, before)
        self._place(conversation, record)
        return conditions

    def due(self, now_ms: int) -> list[Condition]:
        """It is `now_ms`: the stays that became stuck, and what ended because it is forgotten. Of many that become
        stuck at once it tells some hundred, so that nobody waits long; `next_deadline` is past then: ask again."""
        self._memory.tick(now_ms)
        found: list[Condition] = []
        while self._deadlines and self._deadlines[0][0] < now_ms and len(found) < MOST_AT_ONCE:
            deadline, conversation = heapq.heappop(self._deadlines)
            record = self._records.get(conversation)
            if record is not None and record.deadline_ms == deadline:
                found += self._stuck(conversation, record, now_ms)
        for conversation, record in self._memory.forget():
            self._troubled.pop(conversation, None)
            self._anomalous.pop(conversation, None)
            found += [ended(held, held.value) for held in record.held]
        return found

    def trim(self) -> None:
        """Let go of what is over and too much, where time does not pass. Between events, never amid those of a batch:
        who takes them in must know all of what came before."""
        for conversation in self._memory.trim():
            self._anomalous.pop(conversation, None)

    def next_deadline(self) -> int | None:
        """When `due` may find something stuck, in epoch ms."""
        return self._deadlines[0][0] if self._deadlines else None

    def interaction(self, conversation: str) -> Interaction | None:
        """The conversation as it is now, all of one version; None if it is not in memory."""
        record = self._records.get(conversation)
        return None if record is None else self._show(conversation, record)

    def view(self, conversation: str, events: Iterable[Event]) -> Interaction | None:
        """What these events amount to, without keeping them in memory."""
        facts = facts_of(events)
        return self._show(conversation, Record(facts, told(facts, self.story))) if facts else None

    def listing(self, state: State, offset: int, limit: int) -> tuple[list[Interaction], int]:
        """A page of those in memory, and how many there are."""
        names: Collection[str] = self._anomalous
        if state == "open":
            names = self.unfinished()
        elif state == "stuck":
            names = [name for name, record in self._troubled.items() if any(c.kind == "stuck" for c in record.held)]
        page = [self.interaction(name) for name in islice(names, offset, offset + limit)]
        return [found for found in page if found is not None], len(names)

    def conditions(self) -> list[Condition]:
        """All that hold now."""
        return [condition for record in self._troubled.values() for condition in record.held]

    def over(self) -> list[Condition]:
        """The bouncing of the conversations in memory that are over: each condition as it ended."""
        found = []
        for conversation, record in self._memory.over.records.items():
            for queue in bouncing(record.story, self.thresholds):
                begun = bounced(conversation, record.story, queue, self.thresholds)
                found.append(ended(begun, begun.value))
        return found

    def unfinished(self) -> list[str]:
        """The conversations in memory that are not over."""
        return self._memory.unfinished()

    def size(self) -> int:
        """How many conversations are in memory."""
        return len(self._records)

    def _tell_newest(self, conversation: str, record: Record, fact: Fact) -> Change:
        story = record.story
        record.facts.append(fact)
        if fact[1] not in MOVES:
            story.last_ms = fact[0]
            self._place(conversation, record)
            return QUIET
        before = bouncing(story, self.thresholds) if story.bounced else NO_QUEUES
        stay = story.tell(fact)
        conditions = self._judge(conversation, record, before)
        self._place(conversation, record)
        if stay is None and not conditions:
            return QUIET
        return Change(True, tuple(conditions), () if stay is None else (stay.visit(),))

    def _tell_again(self, conversation: str, record: Record) -> Change:
        before, completed = bouncing(record.story, self.thresholds), set(_complete(record.story))
        record.story = told(record.facts, self.story)
        conditions = self._judge(conversation, record, before)
        self._place(conversation, record)
        fresh = tuple(visit for visit in _complete(record.story) if visit not in completed)
        return Change(True, tuple(conditions), fresh)

    def _judge(self, conversation: str, record: Record, before: AbstractSet[str]) -> list[Condition]:
        """What begins and ends, now that the story is as it is; sets the next deadline. `before` are the queues that
        were bounced to too often already."""
        story, changes = record.story, list[Condition]()
        if record.held:
            changes += released(record.held, story, self.thresholds)
            over = {(c.kind, c.queue, c.since_ms) for c in changes}
            record.held = tuple(c for c in record.held if (c.kind, c.queue, c.since_ms) not in over)
        if story.bounced:
            known = before | {c.queue for c in record.held if c.kind == "bouncing"}
            for queue in bouncing(story, self.thresholds) - known:
                changes += self._bounced(record, bounced(conversation, story, queue, self.thresholds))
        self._set_deadline(conversation, record)
        self._note(conversation, record)
        return changes

    @staticmethod
    def _bounced(record: Record, begun: Condition) -> list[Condition]:
        if record.story.finished_ms is not None:
            return [begun, ended(begun, begun.value)]
        record.held += (begun,)
        return [begun]

    def _stuck(self, conversation: str, record: Record, now_ms: int) -> list[Condition]:
        late = [s for s in unknown_stays(record.story, record.held) if deadline_ms(s, self.thresholds) < now_ms]
        begun = [stuck(conversation, stay, now_ms, self.thresholds) for stay in late]
        record.held += tuple(begun)
        record.deadline_ms = None
        self._set_deadline(conversation, record)
        self._note(conversation, record)
        return begun

    def _set_deadline(self, conversation: str, record: Record) -> None:
        deadline = None
        if record.story.lasting:
            stays = unknown_stays(record.story, record.held)
            deadline = min((deadline_ms(stay, self.thresholds) for stay in stays), default=None)
        if deadline is not None and deadline != record.deadline_ms:
            heapq.heappush(self._deadlines, (deadline, conversation))
        record.deadline_ms = deadline

    def _note(self, conversation: str, record: Record) -> None:
        if record.held:
            self._troubled[conversation] = record
        else:
            self._troubled.pop(conversation, None)
        if record.story.bounced and bouncing(record.story, self.thresholds):
            self._anomalous[conversation] = record
        elif self._anomalous:
            self._anomalous.pop(conversation, None)

    def _place(self, conversation: str, record: Record) -> None:
        self._memory.place(conversation, record)
        queued = self._memory.queued.records
        if len(self._deadlines) > 2 * len(queued) + 1000:
            # Most of them are of stays that ended.
            self._deadlines = [(r.deadline_ms, name) for name, r in queued.items() if r.deadline_ms is not None]
            heapq.heapify(self._deadlines)

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
            stuck=any(deadline_ms(stay, self.thresholds) < self._memory.now_ms for stay in lasting),
            anomalous=bool(bouncing(story, self.thresholds)),
        )


def _place_of(meaning: Meaning, facts: list[Fact]) -> int | None:
    """Where it belongs; None if it is there."""
    place = bisect_left(facts, meaning)
    return None if place < len(facts) and facts[place][:4] == meaning else place


def _complete(story: Story) -> list[Visit]:
    return [stay.visit() for stay in story.stays if stay.entered_ms is not None and stay.left_ms is not None]
