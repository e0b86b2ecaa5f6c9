"""What the ledger keeps in memory, and what it lets go of.

Three shelves, each in the order of its conversations' last events: `queued` has those inside a queue, `talking` those
that are not over and in no queue, `over` the others. Each has a longest silence and a most: who is silent for longer,
or was heard of before that many others, leaves. Nothing is lost by it: the store has the events.
"""

from collections.abc import Iterator
from itertools import islice

from tracker.ledger.interaction import Condition
from tracker.ledger.story import Fact, Story

CROWD = 500
"""To let go of the first of a dictionary costs a look at all that went before it: it is done for many at once."""


class Shelf:
    """Conversations in the order of their last events; at most `most`, none silent for `silence_ms`."""

    __slots__ = ("most", "records", "silence_ms")

    def __init__(self, silence_ms: int, most: int) -> None:
        self.records: dict[str, Record] = {}
        self.silence_ms = silence_ms
        self.most = most

    def leaving(self, now_ms: int) -> "Iterator[tuple[str, Record]]":
        """Those that were silent for too long or are too many."""
        crowd = len(self.records) - self.most
        for number, (conversation, record) in enumerate(self.records.items()):
            if number >= crowd and record.touched_ms + self.silence_ms > now_ms:
                return
            yield conversation, record


class Record:
    """What is kept of one conversation."""

    __slots__ = ("deadline_ms", "facts", "held", "shelf", "story", "touched_ms")

    def __init__(self, facts: list[Fact], story: Story) -> None:
        self.facts = facts
        self.story = story
        self.held: tuple[Condition, ...] = ()
        self.deadline_ms: int | None = None
        self.shelf: Shelf | None = None
        self.touched_ms = 0


class Memory:
    """All records, by conversation."""

    def __init__(self, queued: Shelf, talking: Shelf, over: Shelf, crowd: int = CROWD) -> None:
        self.records: dict[str, Record] = {}
        self.queued = queued
        self.talking = talking
        self.over = over
        self.crowd = crowd
        self.now_ms = 0

    def place(self, conversation: str, record: Record) -> None:
        """The conversation was heard of now; it belongs where its story says."""
        story, before = record.story, record.shelf
        shelf = self.over if story.finished_ms is not None else self.queued if story.inside else self.talking
        if before is None:
            self.records[conversation] = record
        else:
            del before.records[conversation]
        shelf.records[conversation] = record
        record.shelf = shelf
        record.touched_ms = self.now_ms

    def tick(self, now_ms: int) -> None:
        """Time goes on, never back. What came before the first look at the clock is as old as that look."""
        if not self.now_ms:
            for record in self.records.values():
                record.touched_ms = now_ms
        self.now_ms = max(now_ms, self.now_ms)

    def trim(self) -> list[str]:
        """Let go of those that are over and too many by a crowd: time may be far from passing while very many end.
        Nothing holds of what is over, so nobody need be told."""
        over = self.over.records
        if len(over) <= self.over.most + self.crowd:
            return []
        gone = list(islice(over, len(over) - self.over.most))
        for conversation in gone:
            del over[conversation], self.records[conversation]
        return gone

    def forget(self) -> list[tuple[str, Record]]:
        """Let go of those that leave now."""
        gone = [leaving for shelf in (self.over, self.talking, self.queued) for leaving in shelf.leaving(self.now_ms)]
        for conversation, record in gone:
            del self.records[conversation]
            if record.shelf is not None:
                del record.shelf.records[conversation]
        return gone

    def unfinished(self) -> list[str]:
        """The conversations that are not over."""
        return [*self.queued.records, *self.talking.records]
