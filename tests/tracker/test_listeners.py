"""What the book tells arrives where it should, also after an end by force."""

import asyncio
import time
from dataclasses import replace
from pathlib import Path

from tests.tracker.ledger.test_ledger import C, T, entered, left
from tracker.events import Event
from tracker.listeners import RECALLED_S, Listeners
from tracker.metrics.spool import read_points
from tracker.parts import HEALTHY
from tracker.settings import Settings


async def life(folder: Path, events: list[Event], ends_well: bool = True) -> None:
    """A tracker that takes these events; without a good end what it had not spooled yet is gone."""
    settings = Settings(folder)
    ledger, store = HEALTHY.ledger(settings), HEALTHY.store(settings)
    metrics, alerts = HEALTHY.metrics(settings), HEALTHY.alerts(settings)
    alerts.start()
    if ends_well:
        metrics.start()
    book = HEALTHY.book(ledger, store, Listeners(ledger, metrics, alerts))
    await book.open()
    if events:
        await book.take(events)
    await book.close()
    await store.close()
    alerts.stop()
    if ends_well:
        metrics.stop()


def test_points_that_an_end_by_force_took_are_told_again_at_the_next_start(tmp_path: Path) -> None:
    now_ms, old_ms = int(time.time() * 1000), int((time.time() - RECALLED_S - 5) * 1000)
    first = [replace(entered(1), at_ms=old_ms - 100), replace(left(2), at_ms=old_ms)]
    second = [
        replace(entered(3, participant="p2"), at_ms=now_ms - 100),
        replace(left(4, participant="p2"), at_ms=now_ms),
        replace(entered(5, participant="p3"), at_ms=now_ms),
    ]

    async def test() -> None:
        await life(tmp_path, first + second, ends_well=False)
        await life(tmp_path, [])

    asyncio.run(test())
    (found,) = read_points(tmp_path / "metrics.sqlite")
    assert (found.conversation, found.queue, found.at_ms, found.dwell_seconds) == (C, "Billing", now_ms, 0.1)
    assert T < old_ms
