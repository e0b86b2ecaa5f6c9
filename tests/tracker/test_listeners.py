"""What the book tells arrives where it should, also after an end by force."""

import asyncio
import os
import time
from pathlib import Path

from tests.tracker.ledger.test_ledger import C, T, bouncing, entered, left
from tracker.events import Event
from tracker.listeners import RECALLED_S, Listeners
from tracker.metrics.points import Status
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
    first = [entered(1)._replace(at_ms=old_ms - 100), left(2)._replace(at_ms=old_ms)]
    second = [
        entered(3, participant="p2")._replace(at_ms=now_ms - 100),
        left(4, participant="p2")._replace(at_ms=now_ms),
        entered(5, participant="p3")._replace(at_ms=now_ms),
    ]

    async def test() -> None:
        await life(tmp_path, first + second, ends_well=False)
        await life(tmp_path, [])

    asyncio.run(test())
    (found,) = read_points(tmp_path / "metrics.sqlite")
    assert (found.conversation, found.queue, found.at_ms, found.dwell_seconds) == (C, "Billing", now_ms, 0.1)
    assert T < old_ms


def test_points_are_told_again_however_long_the_tracker_was_away(tmp_path: Path) -> None:
    killed_s = time.time() - 3600
    last_ms = int(killed_s * 1000)
    events = [entered(1)._replace(at_ms=last_ms - 100), left(2)._replace(at_ms=last_ms)]

    async def test() -> None:
        await life(tmp_path, [])
        os.utime(tmp_path / "metrics.sqlite", (killed_s - 1, killed_s - 1))
        await life(tmp_path, events, ends_well=False)
        await life(tmp_path, [])

    asyncio.run(test())
    assert [found.at_ms for found in read_points(tmp_path / "metrics.sqlite")] == [last_ms]


def moved(events: list[Event], to_ms: int) -> list[Event]:
    """The events at another time."""
    return [event._replace(at_ms=event.at_ms - T + to_ms) for event in events]


def test_a_stay_is_judged_by_the_bounces_of_its_queue_until_it_ended_also_when_it_is_told_again(tmp_path: Path) -> None:
    now_ms = int(time.time() * 1000)
    to_and_fro = [
        step
        for n in range(4)
        for step in (entered(n), left(n + 0.2), entered(n + 0.4, "Sales", "p2"), left(n + 0.6, "Sales", "p2"))
    ]
    others = [event._replace(id=f"other/{event.id}", conversation="to and fro") for event in to_and_fro]

    async def test() -> None:
        await life(tmp_path, moved(bouncing(4) + others, now_ms))
        await life(tmp_path, [])

    asyncio.run(test())
    found = read_points(tmp_path / "metrics.sqlite")
    told = sorted((point.at_ms, point.bounce_count, point.status) for point in found if point.conversation == C)
    assert [(bounces, status) for _, bounces, status in told] == [
        (0, Status.NORMAL), (1, Status.NORMAL), (2, Status.NORMAL), (3, Status.NORMAL), (4, Status.ANOMALOUS)
    ]  # fmt: skip
    there_and_back = [point for point in found if point.conversation == "to and fro"]
    assert {point.status for point in there_and_back} == {Status.NORMAL}
    assert sorted(point.bounce_count for point in there_and_back) == [0, 0, 1, 1, 2, 2, 3, 3]
