"""One tracker, put together and alive: what the endpoints ask."""

import asyncio
import sqlite3
from typing import Any

from tracker.diagnostics.enricher import Enrichment
from tracker.ledger import Interaction
from tracker.ledger.ledger import State
from tracker.listeners import Listeners
from tracker.parts import Parts
from tracker.service.gauges import Gauges
from tracker.service.log import Troubles
from tracker.service.shapes import alert, dead_letter, dwell
from tracker.settings import Settings
from tracker.store import StoreFailed

NO_CLOUD = Enrichment(False, reason="no cloud is set up")


class Tracker:
    """`start` takes up what an earlier life left and opens the intake; `stop` ends in order, with nothing lost."""

    def __init__(self, settings: Settings, parts: Parts) -> None:
        self.ledger = parts.ledger(settings)
        self.store = parts.store(settings)
        self.metrics = parts.metrics(settings)
        self.alerts = parts.alerts(settings)
        self.diagnostics = parts.diagnostics(settings)
        self.listeners = Listeners(self.ledger, self.metrics, self.alerts)
        self.book = parts.book(self.ledger, self.store, self.listeners)
        self.intake = parts.intake(parts.read(settings), self.book, self.store)
        self.gauges = Gauges(self)
        self.unready = "it replays what it kept"
        self._watch = parts.watch
        self._watching: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Replay, then take deliveries. Raises `StoreFailed`."""
        try:
            self.metrics.start()
        except sqlite3.Error as why:
            raise StoreFailed("opening the spool of points", why) from why
        self.alerts.start()
        if self.diagnostics:
            await self.diagnostics.start()
        await self.book.open()
        self.alerts.reconcile(self.ledger.conditions(), self.ledger.over())
        self._watching = [
            asyncio.create_task(self._watch(self.ledger, self.alerts.took)),
            asyncio.create_task(Troubles(self.problems).watch()),
        ]
        self.intake.open = True
        self.unready = ""

    async def stop(self) -> None:
        """Take nothing more, finish what was begun, and close the files."""
        self.unready = "it is stopping"
        self.intake.open = False
        for task in self._watching:
            task.cancel()
        await asyncio.gather(*self._watching, return_exceptions=True)
        await self.book.close()
        await self.store.close()
        await asyncio.to_thread(self.alerts.stop)
        await asyncio.to_thread(self.metrics.stop)
        if self.diagnostics:
            await self.diagnostics.stop()

    def problems(self) -> dict[str, str]:
        """Why each part is in trouble; empty texts where all is well."""
        found = {"store": self.book.problem, "time series": self.metrics.counts().problem, **self.alerts.problems()}
        return {part: str(problem) for part, problem in found.items()}

    async def interaction(self, conversation: str) -> Interaction | None:
        """What is known of one conversation, all of one version."""
        found: Interaction | None = await self.book.interaction(conversation)
        return found

    async def enrichment(self, conversation: str) -> Enrichment:
        """What the cloud knows of it, or why nothing."""
        return await self.diagnostics.enrich(conversation) if self.diagnostics else NO_CLOUD

    def listing(self, state: State, offset: int, limit: int) -> tuple[list[Interaction], int]:
        """A page of the conversations in memory."""
        found: tuple[list[Interaction], int] = self.ledger.listing(state, offset, limit)
        return found

    def dwell(self, queue: str) -> dict[str, Any]:
        """The percentiles of a queue."""
        return dwell(self.listeners.dwell.of(queue))

    async def alerts_of(self, firing: bool, size: int, number: int) -> tuple[list[dict[str, Any]], int]:
        """A page of the alerts."""
        found, total = await asyncio.to_thread(self.alerts.listed, firing, size, number)
        return [alert(one) for one in found], total

    async def dead_letters(self, offset: int, limit: int) -> tuple[list[dict[str, Any]], int]:
        """A page of what could not be used."""
        found, total = await self.store.dead_letters(offset, limit)
        return [dead_letter(one) for one in found], total
