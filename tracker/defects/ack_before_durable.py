"""Kill it, and acknowledged events are gone.

A delivery is answered at once and written down later, when there is time for it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tracker.book import Book, Taken
from tracker.events import Event
from tracker.listeners import Listeners
from tracker.parts import Parts

SEEN_IN = "seed 000"
WRITTEN_AFTER_S = 1.0


class WritesBehind(Book):
    """Answers first."""

    def take(self, events: Sequence[Event]) -> "asyncio.Future[Taken]":
        """Done already."""
        loop = asyncio.get_running_loop()
        loop.call_later(WRITTEN_AFTER_S, super().take, events)
        answered: asyncio.Future[Taken] = loop.create_future()
        answered.set_result(Taken(len(events), 0))
        return answered


def plant(parts: Parts) -> Parts:
    """The defect is in the book."""

    def book(ledger: Any, store: Any, listeners: Listeners) -> Book:
        return WritesBehind(ledger, store, listeners)

    return replace(parts, book=book)
