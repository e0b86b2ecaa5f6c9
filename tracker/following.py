"""Several trackers, one store: each follows what the others take, and exactly one of them speaks of conditions."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from tracker.ledger import Condition, Ledger
from tracker.store import Shared, StoreFailed

LOOK_EVERY_S = 0.25


class Listener(Protocol):
    """Who is told."""

    def alarmed(self, conditions: Sequence[Condition]) -> None:
        """What others took began or ended these."""

    def led(self, leads: bool) -> None:
        """Whether this tracker is the one that speaks has changed."""


class Following:
    """Keeps `ledger` up with `store`. `busy` says of a conversation whether events of it are on their way into the
    store here; it is left alone until they have arrived."""

    def __init__(self, ledger: Ledger, store: Shared, busy: Callable[[str], bool], listener: Listener) -> None:
        self._ledger = ledger
        self._store = store
        self._busy = busy
        self._listener = listener
        self._leads: bool | None = None
        self._behind: set[str] = set()

    async def follow(self) -> None:
        """For ever. While the store fails, nobody leads here."""
        while True:
            try:
                await self.look()
            except StoreFailed:
                self._lead(False)
            await asyncio.sleep(LOOK_EVERY_S)  # waits: for the others to take something

    async def look(self) -> None:
        """Catch up once."""
        version = self._ledger.version
        self._behind |= {name for name, newest in await self._store.changed() if newest > version(name)}
        for conversation in [name for name in self._behind if not self._busy(name)]:
            await self._catch_up(conversation)
        self._lead(await self._store.judges())

    async def _catch_up(self, conversation: str) -> None:
        events = await self._store.events_of(conversation)
        if self._busy(conversation):
            return
        self._behind.discard(conversation)
        if len(events) > self._ledger.version(conversation):
            conditions = self._ledger.load(conversation, events)
            if conditions:
                self._listener.alarmed(conditions)

    def _lead(self, leads: bool) -> None:
        if leads is not self._leads:
            self._leads = leads
            self._listener.led(leads)
