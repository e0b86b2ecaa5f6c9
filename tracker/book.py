"""The book: where deliveries become durable, and only then count.

Deliveries are gathered while the store is busy with the batch before (group commit): one transaction, one batch, one
answer for each delivery. All changes of the ledger happen on the event loop, after the commit, between two awaits; so
what is read is never half of something, and nothing is locked while the store works.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracker.events import Event
from tracker.following import Following
from tracker.ledger import Change, Condition, Interaction, Ledger
from tracker.store import Shared, Store, StoreFailed

MOST_PER_BATCH = 2_000
MOST_EVENTS = 2_000
"""Of one conversation; a long one has a hundred. An event out of order is a fold over all of them, on the loop."""
HOUSEKEEPING_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a delivery's events."""

    accepted: int
    duplicates: int


class _Delivery:
    """Events that wait for the store, and whoever waits for them."""

    __slots__ = ("duplicates", "events", "taken")

    def __init__(self, events: list[Event], duplicates: int, taken: "asyncio.Future[Taken]") -> None:
        self.events = events
        self.duplicates = duplicates
        self.taken = taken


def _wall_ms() -> int:
    return int(time.time() * 1000)


class Listener(Protocol):
    """Who is told what happens in a book. None of it may block."""

    def changed(self, event: Event, change: Change) -> None:
        """An event was new."""

    def recalled(self, conversation: str) -> None:
        """A conversation was read from the store at the start; what an earlier life told of it may not have arrived."""

    def alarmed(self, conditions: Sequence[Condition]) -> None:
        """A replay, or what another tracker took, brought these."""

    def led(self, leads: bool) -> None:
        """Of several trackers with one store this one is to speak of conditions, or is not to. Never called for a store
        of one tracker alone."""


class Nobody:
    """Listens to nothing."""

    def changed(self, event: Event, change: Change) -> None:
        """Passed over."""

    def recalled(self, conversation: str) -> None:
        """Passed over."""

    def alarmed(self, conditions: Sequence[Condition]) -> None:
        """Passed over."""

    def led(self, leads: bool) -> None:
        """Passed over."""


class Book:
    """Takes events, keeps them, applies them."""

    def __init__(
        self,
        ledger: Ledger,
        store: Store,
        listener: Listener | None = None,
        wall_ms: Callable[[], int] = _wall_ms,
    ) -> None:
        self.ledger = ledger
        self._store = store
        self._listener = listener or Nobody()
        self._wall_ms = wall_ms
        self._waiting: list[_Delivery] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._mark = self._snapshot_mark = 0
        self._problem = ""
        self._on_the_way: dict[str, int] = {}

    async def open(self) -> None:
        """Replay what is kept, then begin to take deliveries. Tells the listener all conditions that hold: it
        knows by their names which are news."""
        if isinstance(self._store, Shared):
            self._listener.led(False)
        async for conversation, events in self._store.replay():
            self.ledger.load(conversation, events)
            self._listener.recalled(conversation)
        while self.ledger.due(self._wall_ms()):
            pass  # there may be very many
        self._listener.alarmed(self.ledger.conditions())
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._keep_house())]
        if isinstance(self._store, Shared):
            following = Following(self.ledger, self._store, self._on_the_way.__contains__, self._listener)
            self._tasks.append(asyncio.create_task(following.follow()))

    async def close(self) -> None:
        """Write what waits, and end. The store stays open."""
        while self._waiting and self._tasks and not self._tasks[0].done():
            await asyncio.wait([delivery.taken for delivery in self._waiting])
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(StoreFailed):  # it only shortens the next replay
            await self._snapshot()

    async def keep_house(self) -> None:
        """Remember which conversations are not over, and drop from the store what is too old; done by itself."""
        await self._snapshot()
        while await self._store.forget(self._wall_ms() - int(self._store.keep_s * 1000)):
            pass

    def take(self, events: Sequence[Event]) -> "asyncio.Future[Taken]":
        """Done when all of `events` are durable and applied; or fails with `StoreFailed`, and none of them counts."""
        taken: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        knows = self.ledger.knows
        fresh = [event for event in events if not knows(event)]
        if fresh:
            self._waiting.append(_Delivery(fresh, len(events) - len(fresh), taken))
            self._wake.set()
        else:
            taken.set_result(Taken(0, len(events)))
        return taken

    async def interaction(self, conversation: str) -> Interaction | None:
        """The conversation as it is now, from memory or, if it left, from the store; None if nobody heard of it."""
        found = self.ledger.interaction(conversation)
        if found is not None and not isinstance(self._store, Shared):
            return found
        events = await self._store.events_of(conversation)
        found = self.ledger.interaction(conversation)
        if found is None or found.version < len(events):
            found = self.ledger.view(conversation, events)
        return found

    def full(self, conversation: str) -> bool:
        """Whether no more events of the conversation are taken."""
        return self.ledger.version(conversation) >= MOST_EVENTS

    @property
    def problem(self) -> str:
        """Why the last delivery was not kept, or what is wrong with the store behind it; empty if all is well."""
        return self._problem or self._store.problem

    def waiting(self) -> int:
        """How many deliveries wait for the store."""
        return len(self._waiting)

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = self._next_batch()
                try:
                    await self._commit(batch)
                    self._problem = ""
                except StoreFailed as why:
                    self._problem = str(why)
                    _fail(batch, why)

    async def _keep_house(self) -> None:
        while True:
            await asyncio.sleep(HOUSEKEEPING_EVERY_S)  # waits: for enough to do
            with contextlib.suppress(StoreFailed):  # deliveries fail for the same reason, and say so
                await self.keep_house()

    async def _snapshot(self) -> None:
        if self._mark > self._snapshot_mark:
            self._snapshot_mark = self._mark
            await self._store.snapshot(self.ledger.unfinished(), self._mark)

    def _next_batch(self) -> list[_Delivery]:
        size = number = 0
        while number < len(self._waiting) and size < MOST_PER_BATCH:
            size += len(self._waiting[number].events)
            number += 1
        batch, self._waiting = self._waiting[:number], self._waiting[number:]
        return batch

    async def _commit(self, batch: list[_Delivery]) -> None:
        events = [event for delivery in batch for event in delivery.events]
        version = self.ledger.version
        known = {event.conversation: version(event.conversation) for event in events}
        self._on_the_way.update(known)
        try:
            await self._keep(batch, events, known)
        finally:
            self._on_the_way.clear()

    async def _keep(self, batch: list[_Delivery], events: list[Event], known: dict[str, int]) -> None:
        version = self.ledger.version
        appended = await self._store.append(events, known)
        older = appended.older
        for conversation in known:
            if known[conversation] and not version(conversation):
                older[conversation] = await self._forgotten(conversation, appended.new)
        for conversation, kept in older.items():
            if conditions := self.ledger.load(conversation, kept):
                self._listener.alarmed(conditions)
        if len(appended.new) == len(events):
            self._apply_all(batch)
        else:
            self._apply_new(batch, appended.new)
        self._mark = appended.mark

    async def _forgotten(self, conversation: str, new: Sequence[Event]) -> list[Event]:
        """What was there before `new`, of a conversation that left memory while the store was busy."""
        ids = {event.id for event in new}
        return [event for event in await self._store.events_of(conversation) if event.id not in ids]

    def _apply_all(self, batch: list[_Delivery]) -> None:
        for delivery in batch:
            new = 0
            for event in delivery.events:
                new += self._apply(event)
            _answer(delivery, new)

    def _apply_new(self, batch: list[_Delivery], new: Sequence[Event]) -> None:
        fresh = {id(event) for event in new}
        for delivery in batch:
            _answer(delivery, sum(self._apply(event) for event in delivery.events if id(event) in fresh))

    def _apply(self, event: Event) -> bool:
        change = self.ledger.apply(event)
        if change.applied:
            self._listener.changed(event, change)
        return change.applied


def _answer(delivery: _Delivery, new: int) -> None:
    if not delivery.taken.done():
        delivery.taken.set_result(Taken(new, delivery.duplicates + len(delivery.events) - new))


def _fail(batch: list[_Delivery], why: StoreFailed) -> None:
    for delivery in batch:
        if not delivery.taken.done():
            delivery.taken.set_exception(why)
