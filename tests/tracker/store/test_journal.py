"""The journal in front of the indexed file: nothing acknowledged is lost, nothing is found twice."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from harness.waiting import eventually
from tests.tracker.ledger.test_ledger import C, ended, entered, left
from tracker.events import Event
from tracker.store import StoreFailed
from tracker.store.journal import FILED_AT_ONCE, JOURNAL, MOST_UNFILED, MOST_WAL_PAGES, JournalStore
from tracker.store.sqlite import FILE


def with_store(folder: Path, test: Callable[[JournalStore], Coroutine[Any, Any, None]]) -> None:
    """Run `test` with a store that is closed at the end."""

    async def run() -> None:
        store = JournalStore(folder)
        await test(store)
        await store.close()

    asyncio.run(run())


def waiting_in_the_journal(folder: Path) -> int:
    """The batches that are not filed."""
    with sqlite3.connect(f"file:{folder / JOURNAL}?mode=ro", uri=True) as database:
        (found,) = database.execute("SELECT count(*) FROM journal").fetchone()
    database.close()
    return int(found)


def of(conversation: str, *events: Event) -> list[Event]:
    """The same in another conversation."""
    return [event._replace(id=f"{conversation}/{event.id}", conversation=conversation) for event in events]


def test_what_was_there_before_is_found_in_the_journal_and_in_the_file(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        first = await store.append([entered(1), *of("other", entered(1))], {C: 0, "other": 0})
        assert (first.older, first.mark) == ({}, 2)
        second = await store.append([left(2)], {C: 0})
        assert (second.older, second.mark) == ({C: [entered(1)]}, 3)
        assert await store.events_of(C) == [entered(1), left(2)]
        await eventually(lambda: waiting_in_the_journal(tmp_path) == 0, "all to be filed", 20)
        third = await store.append([ended(3)], {C: 0})
        assert (third.older, third.mark) == ({C: [entered(1), left(2)]}, 4)
        assert await store.events_of(C) == [entered(1), left(2), ended(3)]
        assert await store.events_of("nobody") == []

    with_store(tmp_path, test)


def test_a_large_load_is_filed_in_chunks_and_found_once_each(tmp_path: Path) -> None:
    conversations = [f"c-{number}" for number in range(FILED_AT_ONCE)]

    async def test(store: JournalStore) -> None:
        for step in (entered(1), left(2), ended(3)):
            for first in range(0, len(conversations), 50):
                some = conversations[first : first + 50]
                await store.append([event for name in some for event in of(name, step)], {})
                await asyncio.sleep(0)  # waits: for the task that files to have its turn
        for name in conversations[::97]:
            assert await store.events_of(name) == of(name, entered(1), left(2), ended(3))

    with_store(tmp_path, test)

    async def again(store: JournalStore) -> None:
        found = {name: len(events) async for name, events in store.replay()}
        assert found == dict.fromkeys(conversations, 3)
        assert (await store.append([entered(9)], {})).mark == 3 * len(conversations) + 1

    with_store(tmp_path, again)
    assert waiting_in_the_journal(tmp_path) == 0


def test_who_reads_the_journal_stops_nobody(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        await store.append([entered(1)], {C: 0})
        with sqlite3.connect(f"file:{tmp_path / JOURNAL}?mode=ro", uri=True, isolation_level=None) as reader:
            reader.execute("BEGIN")
            assert reader.execute("SELECT count(*) FROM journal").fetchone() == (1,)
            for number in range(3 * MOST_WAL_PAGES):
                await store.append(of(f"c-{number}", entered(1)), {})
                await asyncio.sleep(0)  # waits: for the task that files to have its turn
            await eventually(lambda: waiting_in_the_journal(tmp_path) == 0, "all to be filed", 30)
            assert reader.execute("SELECT count(*) FROM journal").fetchone() == (1,), "what it reads is as it was"
        reader.close()
        assert store.problem == ""

    with_store(tmp_path, test)


def test_a_replay_is_of_the_last_snapshot_and_what_came_since(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        for number in range(3):
            appended = await store.append(of(f"c-{number}", entered(1), left(2)), {})
        await store.snapshot(["c-1"], appended.mark)
        await store.append(of("c-2", ended(5)), {})

    with_store(tmp_path, test)

    async def again(store: JournalStore) -> None:
        assert {name: len(events) async for name, events in store.replay()} == {"c-1": 2, "c-2": 3}

    with_store(tmp_path, again)


def test_a_journal_that_cannot_be_written_fails_the_call_and_acknowledges_nothing(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        with sqlite3.connect(tmp_path / JOURNAL) as other:
            other.execute("DROP TABLE journal")
        other.close()
        with pytest.raises(StoreFailed, match="appending: OperationalError: no such table"):
            await store.append([entered(1)], {})
        assert await store.events_of(C) == []

    with_store(tmp_path, test)


def test_a_file_that_takes_nothing_fills_the_journal_to_a_bound_and_loses_nothing(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        database = sqlite3.connect(tmp_path / FILE)
        database.execute("ALTER TABLE events RENAME TO elsewhere")
        with pytest.raises(StoreFailed, match="filing: OperationalError: no such table"):
            for first in range(0, 2 * MOST_UNFILED, 1000):
                await store.append([entered(first + place) for place in range(1000)], {})
        assert MOST_UNFILED < first <= MOST_UNFILED + FILED_AT_ONCE
        database.execute("ALTER TABLE elsewhere RENAME TO events")
        database.close()
        await eventually(lambda: waiting_in_the_journal(tmp_path) == 0, "all to be filed", 20, 0.1)
        assert len(await store.events_of(C)) == first
        assert (await store.append([ended(1)], {})).mark == first + 1

    with_store(tmp_path, test)


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.tracker.ledger.test_ledger import entered
from tracker.store.journal import JournalStore

async def write():
    store = JournalStore(Path(sys.argv[1]))
    number = 0
    while True:
        await store.append([entered(number + i) for i in range(97)], {})
        number += 97
        print(number, flush=True)
        await asyncio.sleep(0)  # waits: for the task that files to have its turn

asyncio.run(write())
"""


@pytest.mark.world
@pytest.mark.parametrize("acknowledged", [1, 35, 160])
def test_nothing_acknowledged_is_lost_or_doubled_on_sigkill(tmp_path: Path, acknowledged: int) -> None:
    said = 0
    for _ in range(2):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(acknowledged):
            said = max(said, int(writer.stdout.readline()))
        os.kill(writer.pid, signal.SIGKILL)
        rest = [int(word) for word in writer.stdout.read().split("\n")[:-1]]
        writer.wait()
        writer.stdout.close()
        said = max([said, *rest])

    async def test(store: JournalStore) -> None:
        kept = [event.at_ms for event in await store.events_of(C)]
        assert len(set(kept)) >= said
        assert max(kept.count(at_ms) for at_ms in kept[:200]) <= 2  # once for each of the two writers

    with_store(tmp_path, test)
