"""What an embedded store keeps in one SQLite file in WAL mode, written by one thread of its own and read by another.

A commit is a write to the operating system: it survives the death of this process, at any moment. (Power loss may cost
the newest events; the file stays whole.) Python's lock is let go once per statement, so answers come as one JSON value.
How events come into the file is `journal.py`'s business.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar

import orjson

from tracker.events import Event, Kind
from tracker.store.protocol import KEEP_S, LONGEST_RAW, DeadLetter, StoreFailed
from tracker.transaction import transaction

T = TypeVar("T")

FILE = "tracker.sqlite"
REPLAYED_AT_ONCE = 500
FORGOTTEN_AT_ONCE = 1_000
ARRIVALS = 1_000
"""So many times in `keep_s` it is written down which events have come."""
MOST_DEAD_LETTERS = 100_000
"""The oldest give way."""
CHECKPOINT_PAGES = 4_000
CACHE_KIB, WRITER_CACHE_KIB = 4_096, 24_576
"""Memory of each connection. Who writes to an index touches pages all over it."""

KINDS = tuple(Kind)
NUMBER_OF = {kind: number for number, kind in enumerate(KINDS)}
COLUMNS = "id, conversation, kind, at_ms, participant, queue, user, outcome"
SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, conversation TEXT NOT NULL, kind INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, participant TEXT, queue TEXT, user TEXT, outcome TEXT
);
CREATE INDEX IF NOT EXISTS events_by_conversation ON events (conversation);
CREATE TABLE IF NOT EXISTS snapshot (one INTEGER PRIMARY KEY CHECK (one = 1), mark INTEGER, conversations TEXT);
CREATE TABLE IF NOT EXISTS arrivals (at_ms INTEGER PRIMARY KEY, newest INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dead_letters (number INTEGER PRIMARY KEY, at_ms INTEGER, reason TEXT, raw TEXT);
"""
OF_CONVERSATIONS = (
    f"SELECT json_group_array(json_array({COLUMNS})) FROM (SELECT * FROM events"  # noqa: S608
    " WHERE conversation IN (SELECT value FROM json_each(?)) ORDER BY seq)"
)
SINCE = "SELECT json_group_array(DISTINCT conversation) FROM events WHERE seq > ?"
ARRIVED = """
INSERT INTO arrivals SELECT ?, seq FROM events
WHERE NOT EXISTS (SELECT 1 FROM arrivals WHERE at_ms > ?) ORDER BY seq DESC LIMIT 1
"""
FORGET = """
DELETE FROM events WHERE seq IN (
    SELECT seq FROM events WHERE seq <= (SELECT max(newest) FROM arrivals WHERE at_ms < ?)
    AND seq < (SELECT max(seq) FROM events) ORDER BY seq LIMIT ?
)
"""


class SqliteStore:
    """All of a `Store` but `append`. Raises `StoreFailed` if `folder` cannot hold it."""

    keep_s = KEEP_S
    problem = ""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._writer = ThreadPoolExecutor(1, "tracker-store-writer")
        self._reader = ThreadPoolExecutor(1, "tracker-store-reader")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._path.touch(mode=0o600)
            self._writing = self._writer.submit(self._connect).result()
            self._writer.submit(self._writing.execute, f"PRAGMA cache_size=-{WRITER_CACHE_KIB}").result()
            self._reading = self._reader.submit(self._connect).result()
        except (OSError, sqlite3.Error) as why:
            raise StoreFailed(f"opening {self._path}", why) from why

    async def events_of(self, conversation: str) -> list[Event]:
        """See `Store`."""
        return await self._read("reading", lambda: _found(self._reading, [conversation]).get(conversation, []))

    async def replay(self) -> AsyncIterator[tuple[str, list[Event]]]:
        """See `Store`."""
        names = await self._read("replaying", self._open_conversations)
        for first in range(0, len(names), REPLAYED_AT_ONCE):
            some = names[first : first + REPLAYED_AT_ONCE]
            found = await self._read("replaying", partial(_found, self._reading, some))
            for conversation, events in found.items():
                yield conversation, events

    async def snapshot(self, conversations: Sequence[str], mark: int) -> None:
        """See `Store`."""

        def keep() -> None:
            row = (mark, orjson.dumps(list(conversations)).decode())
            self._writing.execute("INSERT OR REPLACE INTO snapshot VALUES (1, ?, ?)", row)

        await self._write("keeping a snapshot", keep)

    async def dead_letter(self, raw: bytes, reason: str, at_ms: int) -> None:
        """See `Store`."""
        text = raw[:LONGEST_RAW].decode("utf-8", "replace")

        def keep() -> None:
            added = self._writing.execute(
                "INSERT INTO dead_letters (at_ms, reason, raw) VALUES (?, ?, ?)", (at_ms, reason, text)
            )
            oldest = (added.lastrowid or 0) - MOST_DEAD_LETTERS
            self._writing.execute("DELETE FROM dead_letters WHERE number <= ?", (oldest,))

        await self._write("keeping a dead letter", keep)

    async def dead_letters(self, offset: int, limit: int) -> tuple[list[DeadLetter], int]:
        """See `Store`."""

        def find() -> tuple[list[DeadLetter], int]:
            page = "SELECT number, at_ms, reason, raw FROM dead_letters ORDER BY number DESC LIMIT ? OFFSET ?"
            rows = self._reading.execute(page, (limit, offset)).fetchall()
            (total,) = self._reading.execute("SELECT count(*) FROM dead_letters").fetchone()
            return [DeadLetter(*row) for row in rows], total

        return await self._read("reading dead letters", find)

    async def forget(self, now_ms: int) -> int:
        """See `Store`. An event's age counts from its arrival, for its own time may be any: from when it was first
        seen here. The newest event is never dropped, so that numbers are not used again."""

        keep_ms = int(self.keep_s * 1000)

        def drop() -> int:
            database = self._writing
            database.execute("DELETE FROM arrivals WHERE at_ms > ?", (now_ms,))  # of a clock that was wrong
            database.execute(ARRIVED, (now_ms, now_ms - keep_ms // ARRIVALS))
            gone = database.execute(FORGET, (now_ms - keep_ms, FORGOTTEN_AT_ONCE)).rowcount
            done = "DELETE FROM arrivals WHERE at_ms < ? AND newest <= (SELECT min(seq) FROM events)"
            database.execute(done, (now_ms - keep_ms,))
            return gone

        return await self._write("forgetting", drop)

    async def close(self) -> None:
        """See `Store`."""
        await self._read("closing", self._reading.close)
        await self._call(self._writer, "closing", self._writing.close)
        self._reader.shutdown()
        self._writer.shutdown()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, isolation_level=None, uri=True)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        database.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        database.executescript(SCHEMA)
        return database

    def _open_conversations(self) -> list[str]:
        kept = self._reading.execute("SELECT mark, conversations FROM snapshot").fetchone()
        mark, names = (kept[0], orjson.loads(kept[1])) if kept else (0, [])
        (text,) = self._reading.execute(SINCE, (mark,)).fetchone()
        return list(dict.fromkeys([*names, *orjson.loads(text)]))

    async def _write(self, doing: str, work: Callable[[], T]) -> T:
        def all_of_it() -> T:
            with transaction(self._writing):
                return work()

        return await self._call(self._writer, doing, all_of_it)

    async def _read(self, doing: str, work: Callable[[], T]) -> T:
        return await self._call(self._reader, doing, work)

    @staticmethod
    async def _call(thread: ThreadPoolExecutor, doing: str, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, work)
        except (sqlite3.Error, RuntimeError) as why:
            raise StoreFailed(doing, why) from why


def _found(database: sqlite3.Connection, conversations: Sequence[str]) -> dict[str, list[Event]]:
    (text,) = database.execute(OF_CONVERSATIONS, (orjson.dumps(conversations).decode(),)).fetchone()
    found: dict[str, list[Event]] = {}
    for id, conversation, kind, *rest in orjson.loads(text):
        found.setdefault(conversation, []).append(Event(id, conversation, KINDS[kind], *rest))
    return found
