"""Planted, an answer comes before the event is kept; without it, after."""

import asyncio
from pathlib import Path

import pytest

from tests.tracker.ledger.test_ledger import C, entered
from tracker.book import Taken
from tracker.defects import ack_before_durable
from tracker.listeners import Listeners
from tracker.parts import Parts
from tracker.settings import Settings


@pytest.mark.parametrize(("parts", "kept"), [(Parts(), 1), (ack_before_durable.plant(Parts()), 0)])
def test_an_answered_event_is_kept_only_without_the_defect(tmp_path: Path, parts: Parts, kept: int) -> None:
    settings = Settings(tmp_path)

    async def test() -> None:
        ledger, store = parts.ledger(settings), parts.store(settings)
        metrics, alerts = parts.metrics(settings), parts.alerts(settings)
        metrics.start()
        alerts.start()
        book = parts.book(ledger, store, Listeners(ledger, metrics, alerts))
        await book.open()
        assert await book.take([entered(1)]) == Taken(1, 0)
        assert len(await store.events_of(C)) == kept
        await book.close()
        await store.close()
        alerts.stop()
        metrics.stop()

    asyncio.run(test())
