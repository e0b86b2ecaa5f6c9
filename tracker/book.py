"""The book: where deliveries become durable, and only then count.

Deliveries are gathered while the store is busy with the batch before (group commit): one transaction, one batch, one
answer for each delivery. All changes of the ledger happen on the event loop, after the commit, between two awaits; so
what is read is never half of something, and nothing is locked while the store works.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from tracker.events import Event
from tracker.following import Following
from tracker.ledger import Change, Condition, Interaction, Ledger
from tracker.ledger.story import Meaning, meaning_of
from tracker.store import Shared, Store, StoreFailed

MOST_PER_BATCH = 2_000
MOST_EVENTS = 2_000
"""Of one conversation; a long one has a hundred. Events out of order are a fold over all of them, on the loop."""
MOST_GATHERINGS = 4
HOUSEKEEPING_EVERY_S = 30.0


class Taken(NamedTuple):
    """What became of a delivery's events; `full` are those that their conversations have no room for."""

    accepted: int
    duplicates: int
    full: tuple[Event, ...] = ()


Told = Callable[[Taken | StoreFailed], None]
"""Is told what became of a delivery, or why none of it counts. Must not block."""


class _Delivery:
    """Events that wait for the store, and whoever waits for them."""

    __slots__ = ("duplicates", "events", "full", "new", "told")

    def __init__(self, events: list[Event], duplicates: int, told: Told) -> None:
        self.events = events
        self.duplicates = duplicates
        self.full: tuple[Event, ...] = ()
        self.new = 0
        self.told = told


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


class Book:
    """Takes events, keeps them, applies them."""

    def __init__(self, ledger: Ledger, store: Store, listener: Listener, wall_ms: Callable[[], int] = _wall_ms) -> None:
        self.ledger = ledger
        self._store = store
        self._listener = listener
        self._wall_ms = wall_ms
        self._waiting: list[_Delivery] = []
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._tasks: list[asyncio.Task[Any]] = []
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
            self.ledger.trim()
        while self.ledger.due(self._wall_ms()):
            pass  # there may be very many
        self._listener.alarmed(self.ledger.conditions())
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._keep_house())]
        if isinstance(self._store, Shared):
            following = Following(self.ledger, self._store, self._on_the_way.__contains__, self._listener)
            self._tasks.append(asyncio.create_task(following.follow()))

    async def close(self) -> None:
        """Write what waits, and end. The store stays open."""
        if self._tasks:
            idle = asyncio.create_task(self._idle.wait())
            await asyncio.wait([idle, self._tasks[0]], return_when=asyncio.FIRST_COMPLETED)
            self._tasks.append(idle)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(StoreFailed):  # it only shortens the next replay
            await self._snapshot()

    async def keep_house(self) -> None:
        """Remember which conversations are not over, and drop from the store what is too old; done by itself."""
        await self._snapshot()
        while await self._store.forget(self._wall_ms()):
            pass

    def take(self, events: Sequence[Event]) -> "asyncio.Future[Taken]":
        """Done when all of `events` that there is room for are durable and applied; or fails with `StoreFailed`, and
        none of them counts."""
        taken: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()

        def told(found: Taken | StoreFailed) -> None:
            if not taken.done():
                taken.set_exception(found) if isinstance(found, StoreFailed) else taken.set_result(found)

        self.take_and_tell(events, told)
        return taken

    def take_and_tell(self, events: Sequence[Event], told: Told) -> None:
        """The same without a future, which costs as much as half of keeping an event; `told` may be called at once."""
        knows = self.ledger.knows
        fresh = [event for event in events if not knows(event)]
        if fresh:
            self._waiting.append(_Delivery(fresh, len(events) - len(fresh), told))
            self._idle.clear()
            self._wake.set()
        else:
            told(Taken(0, len(events)))

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
                await self._gather()
                batch = self._next_batch()
                try:
                    await self._commit(batch)
                    self._problem = ""
                except StoreFailed as why:
                    self._problem = str(why)
                    for delivery in batch:
                        _tell(delivery, why)
            self._idle.set()

    async def _gather(self) -> None:
        """Let those come who are about to: a commit costs about the same for one delivery as for twenty."""
        before = 0
        for _ in range(MOST_GATHERINGS):
            if len(self._waiting) == before:
                return
            before = len(self._waiting)
            await asyncio.sleep(0)  # waits: for what is to be read from other connections

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
        known = self._versions(events)
        if max(known.values()) + len(events) > MOST_EVENTS:
            self._bound(batch, events, known)
            events = [event for delivery in batch for event in delivery.events]
            known = self._versions(events)
        self._on_the_way.update(known)
        try:
            if events:
                await self._keep(batch, events, known)
        finally:
            self._on_the_way.clear()
        for delivery in batch:
            duplicates = delivery.duplicates + len(delivery.events) - delivery.new
            _tell(delivery, Taken(delivery.new, duplicates, delivery.full))

    def _versions(self, events: Sequence[Event]) -> dict[str, int]:
        version = self.ledger.version
        return {event.conversation: version(event.conversation) for event in events}

    def _bound(self, batch: list[_Delivery], events: Sequence[Event], known: Mapping[str, int]) -> None:
        """Take out what would be more than a conversation may have. What was there before takes no room."""
        coming = Counter(event.conversation for event in events)
        room = {name: MOST_EVENTS - known[name] for name in known if known[name] + coming[name] > MOST_EVENTS}
        seen: set[tuple[str, Meaning]] = set()

        def fits(event: Event) -> bool:
            this = event.conversation, meaning_of(event)
            if event.conversation not in room or this in seen or self.ledger.knows(event):
                return True
            if room[event.conversation] <= 0:
                return False
            seen.add(this)
            room[event.conversation] -= 1
            return True

        for delivery in batch:
            fitting = [fits(event) for event in delivery.events]
            delivery.full = tuple(event for event, fit in zip(delivery.events, fitting, strict=True) if not fit)
            delivery.events = [event for event, fit in zip(delivery.events, fitting, strict=True) if fit]

    async def _keep(self, batch: list[_Delivery], events: list[Event], known: dict[str, int]) -> None:
        appended = await self._store.append(events, known)
        older = appended.older
        # Looking for some takes time, in which others may leave.
        while gone := self._gone(known, older):
            for conversation in gone:
                older[conversation] = await self._forgotten(conversation, appended.new)
        for conversation, kept in older.items():
            if conditions := self.ledger.load(conversation, kept):
                self._listener.alarmed(conditions)
        if len(appended.new) == len(known) == len(events):
            self._apply_each(batch)
        else:
            self._apply_all(batch, appended.new)
        self.ledger.trim()
        self._mark = appended.mark

    def _gone(self, known: Mapping[str, int], found: Collection[str]) -> list[str]:
        """Those that left memory while the store was busy."""
        version = self.ledger.version
        return [name for name, before in known.items() if before and name not in found and not version(name)]

    async def _forgotten(self, conversation: str, new: Sequence[Event]) -> list[Event]:
        """What was there before `new`, of a conversation that left memory while the store was busy."""
        ids = {event.id for event in new}
        return [event for event in await self._store.events_of(conversation) if event.id not in ids]

    def _apply_each(self, batch: list[_Delivery]) -> None:
        for delivery in batch:
            for event in delivery.events:
                self._applied(delivery, event, self.ledger.apply(event))

    def _apply_all(self, batch: list[_Delivery], new: Sequence[Event]) -> None:
        """Conversation by conversation: what is out of order costs one fold for each."""
        fresh = {id(event) for event in new}
        whose: dict[str, list[tuple[_Delivery, Event]]] = {}
        for delivery in batch:
            for event in delivery.events:
                if id(event) in fresh:
                    whose.setdefault(event.conversation, []).append((delivery, event))
        for conversation, some in whose.items():
            changes = self.ledger.apply_all(conversation, [event for _, event in some])
            for (delivery, event), change in zip(some, changes, strict=True):
                self._applied(delivery, event, change)

    def _applied(self, delivery: _Delivery, event: Event, change: Change) -> None:
        if change.applied:
            delivery.new += 1
            self._listener.changed(event, change)


def _tell(delivery: _Delivery, found: Taken | StoreFailed) -> None:
    try:
        delivery.told(found)
    except Exception as error:
        # Whoever cannot be told is alone in that: the others are, and deliveries go on.
        context = {"message": "a delivery could not be answered", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
