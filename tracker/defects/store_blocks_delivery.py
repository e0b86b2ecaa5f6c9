"""With the time-series store down, deliveries time out, the feed retries, and there is a storm.

A delivery is answered when the points that it brought about are in the store.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tracker.book import Book, Taken, Told
from tracker.events import Event, Kind
from tracker.listeners import Listeners
from tracker.metrics.writer import Metrics
from tracker.parts import Parts
from tracker.settings import Settings
from tracker.store import StoreFailed

SEEN_IN = "seed 000"
LOOK_EVERY_S = 0.005


class WaitsForTheStore(Book):
    """Answers a delivery when every point there is by then has been written."""

    metrics: Metrics | None = None

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._waiters: set[asyncio.Task[None]] = set()

    def take_and_tell(self, events: Sequence[Event], told: Told) -> None:
        """Told when the events are durable, and the points of the stays that they end written."""
        if not any(event.kind is Kind.ACD_END for event in events):
            super().take_and_tell(events, told)
            return

        def kept(found: Taken | StoreFailed) -> None:
            waiter = asyncio.ensure_future(self._written(found, told))
            self._waiters.add(waiter)
            waiter.add_done_callback(self._waiters.discard)

        super().take_and_tell(events, kept)

    async def _written(self, found: Taken | StoreFailed, told: Told) -> None:
        offered = self.metrics.counts().offered if self.metrics else 0
        while self.metrics and _settled(self.metrics) < offered:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_EVERY_S)  # waits: for the store, that is the defect
        told(found)


def plant(parts: Parts) -> Parts:
    """The defect is in the book, where there is a store."""
    with_store: list[Metrics] = []

    def metrics(settings: Settings) -> Metrics:
        healthy: Metrics = parts.metrics(settings)
        healthy.linger_s = 0.0
        with_store[:] = [healthy] if settings.tsdb else []
        return healthy

    def book(ledger: Any, store: Any, listeners: Listeners) -> Book:
        found = WaitsForTheStore(ledger, store, listeners)
        found.metrics = with_store[0] if with_store else None
        return found

    return replace(parts, metrics=metrics, book=book)


def _settled(metrics: Metrics) -> int:
    counts = metrics.counts()
    return counts.written + counts.refused + counts.lost
