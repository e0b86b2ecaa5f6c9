"""Planted, a redelivered event is a bounce; each delivered once, all is well."""

import asyncio
import json
from pathlib import Path

from tests.tracker.ledger.test_ledger import C, T, bouncing, told
from tests.tracker.running import acd
from tests.tracker.test_book import opened
from tracker.book import Taken
from tracker.defects import duplicates_counted
from tracker.events import Event
from tracker.parts import Parts
from tracker.settings import Settings


def test_a_redelivered_enter_is_a_bounce(tmp_path: Path) -> None:
    parts, settings = duplicates_counted.plant(Parts()), Settings(tmp_path)
    ledger, read = parts.ledger(settings), parts.read(settings)
    delivery = json.dumps(acd(C, "start", T)).encode()

    async def test() -> None:
        async with opened(tmp_path, ledger) as tracker:
            for _ in range(5):
                events = [item for item in read(delivery) if isinstance(item, Event)]
                assert await tracker.book.take(events) == Taken(1, 0)

    asyncio.run(test())
    found = ledger.interaction(C)
    assert (found.bounces, found.anomalous, found.version) == (4, True, 5)


def test_what_is_delivered_once_is_counted_once(tmp_path: Path) -> None:
    found = told(*bouncing(2), ledger=duplicates_counted.plant(Parts()).ledger(Settings(tmp_path)))
    assert (found.bounces, found.version, found.phantoms) == (2, 6, ())
