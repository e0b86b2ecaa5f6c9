"""Points on disk until they are written: bounded, the oldest go first, and what went is counted.

Without a time-series store this is the store: the table `points` can be queried like any other.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tracker.metrics.points import Point, Status
from tracker.transaction import transaction

CAPACITY = 1_000_000
STATUSES = {str(status): status for status in Status}
SCHEMA = """
CREATE TABLE IF NOT EXISTS points (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, queue_id TEXT NOT NULL, status TEXT NOT NULL,
    dwell_seconds REAL NOT NULL, bounce_count INTEGER NOT NULL, conversation_id TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS once_each ON points (at_ms, conversation_id, queue_id);
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT OR IGNORE INTO counters VALUES ('dropped', 0);
"""
COLUMNS = "at_ms, queue_id, status, dwell_seconds, bounce_count, conversation_id"


class Spool:
    """One SQLite file with at most `capacity` points; for one thread at a time. `read_points` reads it from any."""

    def __init__(self, path: Path, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)
        self._count = int(self._db.execute("SELECT count(*) FROM points").fetchone()[0])
        self._dropped = int(self._db.execute("SELECT value FROM counters WHERE name = 'dropped'").fetchone()[0])

    def __len__(self) -> int:
        return self._count

    @property
    def dropped(self) -> int:
        """How many points went unwritten for want of room, in the life of the file."""
        return self._dropped

    def add(self, points: Sequence[Point]) -> None:
        """Keep `points`, each in place of what was said of the same stay before; the oldest beyond the capacity are
        dropped and counted."""
        stays = {(p.at_ms, p.conversation, p.queue): p for p in points}
        rows = [(p.at_ms, p.queue, p.status, p.dwell_seconds, p.bounce_count, p.conversation) for p in stays.values()]
        same = "DELETE FROM points WHERE at_ms = ? AND conversation_id = ? AND queue_id = ?"
        with transaction(self._db):
            count = self._count + len(rows) - self._db.executemany(same, list(stays)).rowcount
            self._db.executemany(f"INSERT INTO points ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)", rows)  # noqa: S608
            excess = max(0, count - self._capacity)
            if excess:
                oldest = "DELETE FROM points WHERE seq IN (SELECT seq FROM points ORDER BY seq LIMIT ?)"
                self._db.execute(oldest, (excess,))
                self._db.execute("UPDATE counters SET value = value + ? WHERE name = 'dropped'", (excess,))
        self._count = count - excess
        self._dropped += excess

    def oldest(self, most: int) -> list[tuple[int, Point]]:
        """The `most` points that wait longest, each with its number."""
        found = self._db.execute(f"SELECT seq, {COLUMNS} FROM points ORDER BY seq LIMIT ?", (most,))  # noqa: S608
        return [(int(row[0]), _point(row[1:])) for row in found]

    def remove(self, numbers: Sequence[int]) -> None:
        """Forget the points with these numbers: they are written."""
        with transaction(self._db):
            gone = self._db.executemany("DELETE FROM points WHERE seq = ?", [(n,) for n in numbers]).rowcount
        self._count -= gone

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def read_points(path: Path, queue: str | None = None, since_ms: int = 0, most: int = 1000) -> list[Point]:
    """The newest points of the spool at `path`, oldest first, of one queue or of all; from any thread or process."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        found = db.execute(
            f"SELECT {COLUMNS} FROM points WHERE at_ms >= ? AND (? IS NULL OR queue_id = ?)"  # noqa: S608
            " ORDER BY seq DESC LIMIT ?",
            (since_ms, queue, queue, most),
        ).fetchall()
    finally:
        db.close()
    return [_point(row) for row in reversed(found)]


def _point(row: Sequence[Any]) -> Point:
    at_ms, queue, status, dwell, bounces, conversation = row
    return Point(queue, STATUSES[status], dwell, bounces, conversation, at_ms)
