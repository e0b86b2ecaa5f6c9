"""Planted, a redelivered event is a bounce; each delivered once, all is well."""

import asyncio
import json
from pathlib import Path

from tests.tracker.ledger.test_ledger import C, T, bouncing, told
from tests.tracker.running import acd
from tracker.book import Book, Taken
from tracker.defects import duplicates_counted
from tracker.events import Event
from tracker.parts import Parts
from tracker.settings import Settings
from tracker.store.sqlite import SqliteStore


def test_a_redelivered_enter_is_a_bounce(tmp_path: Path) -> None:
    parts, settings = duplicates_counted.plant(Parts()), Settings(tmp_path)
    ledger, read = parts.ledger(settings), parts.read(settings)
    delivery = json.dumps(acd(C, "start", T)).encode()

    async def test() -> None:
        store = SqliteStore(tmp_path)
        book = Book(ledger, store)
        await book.open()
        for _ in range(5):
            assert await book.take([item for item in read(delivery) if isinstance(item, Event)]) == Taken(1, 0)
        await book.close()
        await store.close()

    asyncio.run(test())
    found = ledger.interaction(C)
    assert (found.bounces, found.anomalous, found.version) == (4, True, 5)


def test_what_is_delivered_once_is_counted_once(tmp_path: Path) -> None:
    found = told(*bouncing(2), ledger=duplicates_counted.plant(Parts()).ledger(Settings(tmp_path)))
    assert (found.bounces, found.version, found.phantoms) == (2, 6, ())
