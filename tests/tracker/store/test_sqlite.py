"""What an embedded store keeps beside the journal: dead letters, and events for as long as they are to be kept."""

import sqlite3
from pathlib import Path

import pytest

from harness.waiting import eventually
from tests.tracker.ledger.test_ledger import C, T, ended, entered, left
from tests.tracker.store.test_journal import waiting_in_the_journal, with_store
from tracker.events import Event
from tracker.store import DeadLetter, StoreFailed
from tracker.store.journal import JournalStore
from tracker.store.sqlite import FILE


def test_dead_letters_are_kept_with_their_reason_and_cut_to_a_bound(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        await store.dead_letter(b"{", "not JSON", 17)
        await store.dead_letter(b"\xff" * 100_000, "not UTF-8", 18)
        page, total = await store.dead_letters(0, 1)
        assert (total, page[0].reason, len(page[0].raw)) == (2, "not UTF-8", 16_384)
        assert (await store.dead_letters(1, 5))[0] == [DeadLetter(1, 17, "not JSON", "{")]

    with_store(tmp_path, test)


def test_what_came_long_ago_is_dropped_whatever_its_own_time_says_but_never_the_newest_event(tmp_path: Path) -> None:
    in_the_future = [entered(10**9 + number) for number in range(1500)]

    async def test(store: JournalStore) -> None:
        store.keep_s = 1000

        async def come(*events: Event) -> None:
            await store.append(events, {})
            await eventually(lambda: waiting_in_the_journal(tmp_path) == 0, "all to be filed", 20)

        await come(*in_the_future, entered(1), left(2))
        assert await store.forget(T) == 0
        await come(ended(3))
        assert await store.forget(T + 1_000_000) == 0
        assert [await store.forget(T + 1_000_001) for _ in range(3)] == [1000, 502, 0]
        assert await store.forget(T + 9_000_000) == 0
        assert await store.events_of(C) == [ended(3)]
        assert (await store.append([ended(4)], {})).mark == 1504

    with_store(tmp_path, test)


def test_a_clock_that_was_ahead_does_not_keep_events_for_longer(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        store.keep_s = 1000
        assert await store.forget(T + 10**10) == 0
        await store.append([entered(1), left(2)], {})
        await eventually(lambda: waiting_in_the_journal(tmp_path) == 0, "all to be filed", 20)
        assert await store.forget(T) == 0
        assert await store.forget(T + 1_000_001) == 1

    with_store(tmp_path, test)


def test_a_folder_that_cannot_be_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFailed, match=f"the store failed while opening .*{FILE}: FileExistsError"):
        JournalStore(tmp_path / "file")


def test_a_broken_file_fails_the_call_and_not_the_process(tmp_path: Path) -> None:
    async def test(store: JournalStore) -> None:
        with sqlite3.connect(tmp_path / FILE) as other:
            other.execute("DROP TABLE dead_letters")
        other.close()
        with pytest.raises(StoreFailed, match="keeping a dead letter: OperationalError: no such table"):
            await store.dead_letter(b"", "x", 1)
        assert (await store.append([entered(1)], {})).mark == 1

    with_store(tmp_path, test)
