"""The embedded store of a service: a journal in front of `SqliteStore`, so that an acknowledgement costs one row.

An index over conversations costs a page for each event that it takes in, wherever the event belongs; the journal only
grows at its end. A batch of deliveries is one row of `journal.sqlite`, written on the event loop itself: some ten
microseconds for a write to the operating system, less than handing it to a thread and back. A thread files the events
some thousand at a time, in the order of their conversations, into the indexed file, and takes them off the journal.
Who is killed in between finds them in both, and files what has a higher number than the newest that is filed.
"""

import asyncio
import contextlib
import sqlite3
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from tracker.events import Event
from tracker.store.protocol import Appended, StoreFailed
from tracker.store.sqlite import COLUMNS, NUMBER_OF, SqliteStore, _found
from tracker.transaction import transaction

Row = tuple[str, str, int, int, str | None, str | None, str | None, str | None]

JOURNAL = "journal.sqlite"
FILED_AT_ONCE = 8_000
FILE_EVERY_S = 1.0
MOST_UNFILED = 50_000
"""Beyond that an acknowledgement waits for the thread that files: memory is bounded."""
MOST_WAL_PAGES = 4_000
"""A log that is written all the time never ends by itself; beyond 16 MB it is made to, in a millisecond."""
WAIT_S = 0.005
RETRY_S = 1.0
JOURNAL_SCHEMA = "CREATE TABLE IF NOT EXISTS journal (number INTEGER PRIMARY KEY, events BLOB NOT NULL)"
FILE = (
    f"INSERT OR IGNORE INTO events (seq, {COLUMNS}) SELECT number + key, "  # noqa: S608
    + ", ".join(f"json_extract(value, '$[{place}]')" for place in range(8))
    + " FROM journal.journal, json_each(CAST(events AS TEXT))"
    " WHERE number <= ? AND number + key > ? ORDER BY 3"
)
"""From the journal into the indexed file, in the order of conversations, without a word of Python in between."""


class JournalStore(SqliteStore):
    """See `Store`. Events are numbered in the order of their appends; the numbers are those of the indexed file, so
    no index over ids is needed to file each once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._journal_path = folder / JOURNAL
        try:
            self._journal_path.touch(mode=0o600)
            self._journal = self._open_journal()
            self._journal.execute("PRAGMA busy_timeout=0")  # the event loop waits for nobody's lock
            self._looking = self._connect()
            self._checkpointing = self._writer.submit(self._open_journal).result()
            self._next = self._writer.submit(self._recover).result()
        except (OSError, sqlite3.Error) as why:
            raise StoreFailed(f"opening {self._journal_path}", why) from why
        self._unfiled: deque[tuple[int, Sequence[Event]]] = deque()
        self._unfiled_of: dict[str, list[Event]] = {}
        self._unfiled_count = 0
        self._filing: asyncio.Task[None] | None = None
        self._trouble: StoreFailed | None = None
        self._due = asyncio.Event()

    @property
    def problem(self) -> str:  # type: ignore[override]
        """See `Store`."""
        return str(self._trouble or "")

    async def append(self, events: Sequence[Event], known: Mapping[str, int]) -> Appended:
        """See `Store`. Here what is there already is left to the caller, who has all of each conversation."""
        if self._filing is None or self._filing.done():
            self._filing = asyncio.create_task(self._file())
        while self._unfiled_count > MOST_UNFILED:
            if self._trouble:
                raise self._trouble
            await asyncio.sleep(WAIT_S)  # waits: for the thread that files
        rows = orjson.dumps([_row(event) for event in events])
        try:
            older = self._older([conversation for conversation, version in known.items() if not version])
            self._journal.execute("INSERT INTO journal VALUES (?, ?)", (self._next, rows))
        except sqlite3.Error as why:
            raise StoreFailed("appending", why) from why
        self._unfiled.append((self._next, events))
        self._unfiled_count += len(events)
        if self._unfiled_count >= FILED_AT_ONCE:
            self._due.set()
        for event in events:
            self._unfiled_of.setdefault(event.conversation, []).append(event)
        self._next += len(events)
        return Appended(events, older, self._next - 1)

    async def events_of(self, conversation: str) -> list[Event]:
        """See `Store`."""
        # The journal first: what is filed meanwhile is then found twice, and not missed.
        unfiled = list(self._unfiled_of.get(conversation, ()))
        filed = await super().events_of(conversation)
        return filed + [event for event in unfiled if event not in filed]

    async def close(self) -> None:
        """See `Store`."""
        if self._filing:
            self._filing.cancel()
            await asyncio.gather(self._filing, return_exceptions=True)
        with contextlib.suppress(StoreFailed):  # what is not filed is in the journal, for the next life
            while self._unfiled:
                await self._file_some()
        await self._call(self._writer, "closing", self._checkpointing.close)
        self._looking.close()
        self._journal.close()
        await super().close()

    def _open_journal(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._journal_path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute("PRAGMA wal_autocheckpoint=0")  # the thread that files does it: it waits for the disk
        database.execute(JOURNAL_SCHEMA)
        return database

    def _recover(self) -> int:
        """File what the last life left in the journal, which is bounded; the next number."""
        uri = f"{self._journal_path.resolve().as_uri()}?mode=ro"
        self._writing.execute("ATTACH DATABASE ? AS journal", (uri,))
        (filed,) = self._writing.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        self._file_up_to(sys.maxsize, filed)
        self._checkpointing.execute("DELETE FROM journal")
        (newest,) = self._writing.execute("SELECT coalesce(max(seq), 0) FROM events").fetchone()
        return int(newest) + 1

    def _older(self, unknown: Sequence[str]) -> dict[str, list[Event]]:
        if not unknown:
            return {}
        older = _found(self._looking, unknown)
        for conversation in unknown:
            if unfiled := self._unfiled_of.get(conversation):
                filed = older.get(conversation, [])
                older[conversation] = filed + [event for event in unfiled if event not in filed]
        return older

    async def _file(self) -> None:
        """File whenever there is enough, and what there is every second."""
        while True:
            await self._until_due()
            try:
                await self._file_some()
                self._trouble = None
            except StoreFailed as why:
                # It is all in the journal still.
                self._trouble = why
                await asyncio.sleep(RETRY_S)  # waits: for a better disk

    async def _until_due(self) -> None:
        while self._unfiled_count < FILED_AT_ONCE:
            self._due.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FILE_EVERY_S):
                    await self._due.wait()
                    continue
            if self._unfiled:
                return

    async def _file_some(self) -> None:
        count = batches = last = 0
        for number, events in self._unfiled:
            count, batches, last = count + len(events), batches + 1, number
            if count >= FILED_AT_ONCE:
                break
        before = self._unfiled[0][0] - 1
        await self._call(self._writer, "filing", lambda: self._file_up_to(last, before))
        try:
            self._journal.execute("DELETE FROM journal WHERE number <= ?", (last,))
        except sqlite3.Error as why:
            raise StoreFailed("filing", why) from why
        for _ in range(batches):
            self._take_off(self._unfiled.popleft()[1])
        if await self._call(self._writer, "filing", self._checkpoint):
            with contextlib.suppress(sqlite3.Error):  # while somebody reads it, it is made to end the next time
                self._journal.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()

    def _take_off(self, events: Sequence[Event]) -> None:
        self._unfiled_count -= len(events)
        for event in events:
            left = self._unfiled_of[event.conversation]
            if len(left) == 1:
                del self._unfiled_of[event.conversation]
            else:
                del left[0]

    def _file_up_to(self, last: int, before: int) -> None:
        """File the batches up to number `last`, but no event of number `before` or less."""
        with transaction(self._writing):
            self._writing.execute(FILE, (last, before))

    def _checkpoint(self) -> bool:
        """Bring the journal's log into its file; whether it is long, and hardly anything of it was left over for who
        makes it end, as there is while somebody else reads it."""
        _, pages, done = self._checkpointing.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return bool(pages > MOST_WAL_PAGES and pages - done < MOST_WAL_PAGES // 4)


def _row(event: Event) -> Row:
    return (
        event.id,
        event.conversation,
        NUMBER_OF[event.kind],
        event.at_ms,
        event.participant,
        event.queue,
        event.user,
        event.outcome,
    )
