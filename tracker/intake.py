"""The intake: what becomes of one delivery. Usable events go to the book, the others to the dead letters."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from tracker.answer import Answer
from tracker.book import MOST_EVENTS, Book, Taken
from tracker.envelope import Bad, Item, Reader, Unsupported
from tracker.events import Event
from tracker.store import Store, StoreFailed

Reply = Callable[[Answer], None]

ACCEPTED = Answer(accepted=1)
DUPLICATE = Answer(duplicates=1)
UNSUPPORTED = Answer(unsupported=1)
NOT_KEPT = Answer(kept=False)
FULL = f"conversation: expected at most {MOST_EVENTS} events, found more"


@dataclass
class Tally:
    """What became of all events so far; `unkept` counts deliveries that were not acknowledged."""

    accepted: int = 0
    duplicates: int = 0
    unsupported: int = 0
    rejected: int = 0
    unkept: int = 0


class Intake:
    """Takes deliveries, from the event loop only. Closed at first and at last: then nothing is acknowledged."""

    def __init__(self, read: Reader, book: Book, store: Store) -> None:
        self.read = read
        self._book = book
        self._store = store
        self._busy: set[asyncio.Future[None]] = set()
        self.open = False
        self.tally = Tally()

    def take(self, body: bytes, reply: Reply) -> None:
        """Call `reply` once all of the delivery is durable; at once if nothing need be kept."""
        if not self.open:
            reply(NOT_KEPT)
            return
        items = self.read(body)
        if len(items) != 1:
            self._later(items, reply)
            return
        item = items[0]
        if type(item) is Event:
            self._book.take_and_tell((item,), partial(self._one, reply))
        elif type(item) is Unsupported:
            self.tally.unsupported += 1
            reply(UNSUPPORTED)
        else:
            self._later(items, reply)

    async def taken(self, body: bytes) -> Answer:
        """The same for who can wait."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def reply(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        self.take(body, reply)
        return await answered

    async def refuse(self, head: bytes, reason: str) -> None:
        """Keep the beginning of a delivery that cannot even be read as a dead letter. Raises `StoreFailed`."""
        try:
            await self._bury(Bad(reason, head))
        except StoreFailed:
            self.tally.unkept += 1
            raise
        self.tally.rejected += 1

    def _one(self, reply: Reply, taken: Taken | StoreFailed) -> None:
        if isinstance(taken, StoreFailed):
            self.tally.unkept += 1
            reply(NOT_KEPT)
        elif taken.accepted:
            self.tally.accepted += 1
            reply(ACCEPTED)
        elif taken.full:
            self._later([_too_much(event) for event in taken.full], reply)
        else:
            self.tally.duplicates += 1
            reply(DUPLICATE)

    def _later(self, items: Sequence[Item], reply: Reply) -> None:
        task = asyncio.ensure_future(self._keep(items, reply))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def _keep(self, items: Sequence[Item], reply: Reply) -> None:
        events = [item for item in items if type(item) is Event]
        bad = [item for item in items if type(item) is Bad]
        unsupported = len(items) - len(events) - len(bad)
        try:
            taken = await self._book.take(events) if events else Taken(0, 0)
            bad += [_too_much(event) for event in taken.full]
            for one in bad:
                await self._bury(one)
        except StoreFailed:
            self.tally.unkept += 1
            reply(NOT_KEPT)
            return
        answer = Answer(taken.accepted, taken.duplicates, unsupported, len(bad))
        self._count(answer)
        reply(answer)

    async def _bury(self, bad: Bad) -> None:
        await self._store.dead_letter(bad.raw, bad.reason, int(time.time() * 1000))

    def _count(self, answer: Answer) -> None:
        tally = self.tally
        tally.accepted += answer.accepted
        tally.duplicates += answer.duplicates
        tally.unsupported += answer.unsupported
        tally.rejected += answer.rejected


def _too_much(event: Event) -> Bad:
    return Bad(FULL, repr(event).encode())
