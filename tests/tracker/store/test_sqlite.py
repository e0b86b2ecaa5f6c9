"""The embedded store keeps what it acknowledged, through the death of its process."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.ledger.test_ledger import C, ended, entered, left
from tracker.store import DeadLetter, StoreFailed
from tracker.store.sqlite import FILE, SqliteStore


def with_store(folder: Path, test: Callable[[SqliteStore], Coroutine[Any, Any, None]]) -> None:
    """Run `test` with a store that is closed at the end."""

    async def run() -> None:
        store = SqliteStore(folder)
        await test(store)
        await store.close()

    asyncio.run(run())


def test_each_id_is_kept_once(tmp_path: Path) -> None:
    async def test(store: SqliteStore) -> None:
        first = await store.append([entered(1), left(2), entered(1)], {C: 0})
        assert (list(first.new), first.older, first.mark) == ([entered(1), left(2)], {}, 2)
        second = await store.append([left(2), ended(3)], {C: 0})
        assert (list(second.new), second.older, second.mark) == ([ended(3)], {C: [entered(1), left(2)]}, 3)
        third = await store.append([replace(entered(9), conversation="other")], {"other": 0})
        assert third.older == {}
        assert await store.events_of(C) == [entered(1), left(2), ended(3)]
        assert await store.events_of("nobody") == []

    with_store(tmp_path, test)


def test_a_batch_of_any_size_is_kept_whole(tmp_path: Path) -> None:
    events = [entered(number) for number in range(333)]

    async def test(store: SqliteStore) -> None:
        appended = await store.append([*events, events[7]], {C: 1})
        assert (list(appended.new), appended.older) == (events, {})
        assert await store.events_of(C) == events

    with_store(tmp_path, test)


async def replayed(store: SqliteStore) -> dict[str, int]:
    """How many events of which conversation are replayed."""
    return {conversation: len(events) async for conversation, events in store.replay()}


def test_a_replay_is_of_the_last_snapshot_and_what_came_since(tmp_path: Path) -> None:
    async def test(store: SqliteStore) -> None:
        for number in range(3):
            appended = await store.append(
                [replace(e, id=f"{e.id}/{number}", conversation=f"c-{number}") for e in (entered(1), left(2))], {}
            )
        assert await replayed(store) == {"c-0": 2, "c-1": 2, "c-2": 2}
        await store.snapshot(["c-1"], appended.mark)
        await store.append([replace(ended(5), conversation="c-2")], {})
        assert await replayed(store) == {"c-1": 2, "c-2": 3}

    with_store(tmp_path, test)


def test_dead_letters_are_kept_with_their_reason_and_cut_to_a_bound(tmp_path: Path) -> None:
    async def test(store: SqliteStore) -> None:
        await store.dead_letter(b"{", "not JSON", 17)
        await store.dead_letter(b"\xff" * 100_000, "not UTF-8", 18)
        page, total = await store.dead_letters(0, 1)
        assert (total, page[0].reason, len(page[0].raw)) == (2, "not UTF-8", 16_384)
        assert (await store.dead_letters(1, 5))[0] == [DeadLetter(1, 17, "not JSON", "{")]

    with_store(tmp_path, test)


def test_what_is_old_is_dropped_but_never_the_newest_event(tmp_path: Path) -> None:
    async def test(store: SqliteStore) -> None:
        await store.append([entered(1), left(2), entered(1000)], {})
        assert await store.forget(entered(500).at_ms) == 2
        assert await store.forget(entered(5000).at_ms) == 0
        assert await store.events_of(C) == [entered(1000)]
        assert (await store.append([ended(2000)], {})).mark == 4

    with_store(tmp_path, test)


def test_a_folder_that_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match=f"the store failed while opening .*{FILE}: FileExistsError"):
        SqliteStore(tmp_path / "file")


def test_a_broken_file_fails_the_call_and_not_the_process(tmp_path: Path) -> None:
    async def test(store: SqliteStore) -> None:
        with sqlite3.connect(tmp_path / FILE) as other:
            other.execute("DROP TABLE dead_letters")
        other.close()
        with pytest.raises(StoreFailed, match="keeping a dead letter: OperationalError: no such table"):
            await store.dead_letter(b"", "x", 1)
        assert (await store.append([entered(1)], {})).mark == 1

    with_store(tmp_path, test)


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.tracker.ledger.test_ledger import entered
from tracker.store.sqlite import SqliteStore

async def write():
    store = SqliteStore(Path(sys.argv[1]))
    number = 0
    while True:
        events = [entered(number + i) for i in range(7)]
        await store.append(events, {})
        number += 7
        print(number, flush=True)

asyncio.run(write())
"""


@pytest.mark.world
@pytest.mark.parametrize("acknowledged", [1, 40, 90])
def test_nothing_that_was_acknowledged_is_lost_on_sigkill(tmp_path: Path, acknowledged: int) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    for _ in range(acknowledged):
        said = int(writer.stdout.readline())
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read().split()
    writer.wait()
    writer.stdout.close()
    said = int(rest[-1]) if rest and rest[-1].isdigit() else said

    async def test(store: SqliteStore) -> None:
        kept = await store.events_of(C)
        assert len(kept) >= said
        assert len(kept) % 7 == 0

    with_store(tmp_path, test)
