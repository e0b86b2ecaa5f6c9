"""A redelivered event counts as a bounce.

No event is recognised: each delivery is news, and to enter the queue that one is in is to come back to it.
"""

import uuid
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from tracker import ledger
from tracker.envelope import Item, Reader
from tracker.events import Event
from tracker.ledger import Change, Ledger
from tracker.ledger.story import Stay, Story, meaning_of
from tracker.parts import Parts
from tracker.settings import Settings

SEEN_IN = "seed 000"


class CountsEachEnter(Story):
    """Bounces without an exit."""

    def enter(self, at_ms: int, participant: str, queue: str) -> Stay | None:
        """A bounce, if the queue is the one that the conversation is in."""
        if any(stay.queue == queue for stay in self.inside):
            self.bounce(queue, at_ms)
        return super().enter(at_ms, participant, queue)


class KnowsNoEvent(Ledger):
    """Tells each event again, each time that it comes."""

    story = CountsEachEnter

    def knows(self, event: Event) -> bool:
        """Never."""
        return False

    def apply(self, event: Event) -> Change:
        """Always something new."""
        change = super().apply(event)
        record = self._records.get(event.conversation)
        if change.applied or record is None:
            return change
        meaning = meaning_of(event)
        record.facts.insert(bisect_left(record.facts, meaning), (*meaning, event.outcome or ""))
        return self._tell_again(event.conversation, record)


def plant(parts: Parts) -> Parts:
    """The defect is in the ledger, and in the reader: the envelopes' ids are not kept."""

    def read(settings: Settings) -> Reader:
        healthy = parts.read(settings)

        def anonymous(body: bytes) -> Sequence[Item]:
            return [_renamed(item) if isinstance(item, Event) else item for item in healthy(body)]

        return anonymous

    return replace(parts, read=read, ledger=lambda settings: ledger.build(settings, KnowsNoEvent))


def _renamed(event: Event) -> Event:
    return event._replace(id=str(uuid.uuid4()))
