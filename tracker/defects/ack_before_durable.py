"""Kill it, and acknowledged events are gone.

A delivery is answered at once and written down later, when there is time for it.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tracker.book import Book, Taken, Told
from tracker.events import Event
from tracker.listeners import Listeners
from tracker.parts import Parts
from tracker.store import StoreFailed

SEEN_IN = "seed 000"
WRITTEN_AFTER_S = 1.0


class WritesBehind(Book):
    """Answers first."""

    def take_and_tell(self, events: Sequence[Event], told: Told) -> None:
        """Told already."""
        asyncio.get_running_loop().call_later(WRITTEN_AFTER_S, super().take_and_tell, events, _nobody)
        told(Taken(len(events), 0))


def _nobody(found: Taken | StoreFailed) -> None:
    """What becomes of it is of no interest any more."""


def plant(parts: Parts) -> Parts:
    """The defect is in the book."""

    def book(ledger: Any, store: Any, listeners: Listeners) -> Book:
        return WritesBehind(ledger, store, listeners)

    return replace(parts, book=book)
