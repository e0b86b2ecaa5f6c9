"""The alerts on disk, and the notices that some sink does not have yet. A notice goes when every sink has it.

One SQLite file. What is committed survives SIGKILL; after a loss of power the last moments may be said twice.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from tracker.alerts.lifecycle import Alert, Condition, Notice, State
from tracker.store import StoreFailed
from tracker.transaction import transaction

DOING = "keeping alerts"
RESOLVED_KEPT = 10_000
ALERT = "kind, conversation, queue, since_ms, value, most, notices, noticed_ms, ended_ms"
SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    kind TEXT NOT NULL, conversation TEXT NOT NULL, queue TEXT NOT NULL, since_ms INTEGER NOT NULL, value REAL NOT NULL,
    most REAL NOT NULL, notices INTEGER NOT NULL, noticed_ms INTEGER NOT NULL, ended_ms INTEGER,
    PRIMARY KEY (kind, conversation, queue)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS alerts_ended ON alerts (ended_ms);
CREATE TABLE IF NOT EXISTS notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT, state TEXT NOT NULL, at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL, conversation TEXT NOT NULL, queue TEXT NOT NULL, since_ms INTEGER NOT NULL, value REAL NOT NULL,
    most REAL NOT NULL, notices INTEGER NOT NULL, noticed_ms INTEGER NOT NULL, ended_ms INTEGER);
CREATE TABLE IF NOT EXISTS pending (
    sink TEXT NOT NULL, notice INTEGER NOT NULL, alert TEXT NOT NULL, PRIMARY KEY (sink, notice)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS pending_alert ON pending (sink, alert);
CREATE INDEX IF NOT EXISTS pending_notice ON pending (notice);
"""


WHICH = {None: "TRUE", True: "ended_ms IS NULL", False: "ended_ms IS NOT NULL"}
"""Of a page of alerts: all, those that fire, those that do not."""


@contextmanager
def _failing() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as why:
        raise StoreFailed(DOING, why) from why


class Book:
    """The file at `path`, for one thread at a time; `owed` and `listed` may be asked from any. Raises `StoreFailed`."""

    @_failing()
    def __init__(self, path: Path, sinks: Sequence[str]) -> None:
        self._path = path
        self._sinks = tuple(sinks)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(SCHEMA)
        self._forget_other_sinks()

    @_failing()
    def take_over(self) -> list[Alert]:
        """The alerts that fire, for who goes on with them."""
        return [Alert(*row) for row in self._db.execute(f"SELECT {ALERT} FROM alerts WHERE ended_ms IS NULL")]  # noqa: S608

    @_failing()
    def unheard(self, conditions: Iterable[Condition]) -> list[Condition]:
        """Those of `conditions` that never were an alert; none once alerts had to be forgotten for want of room."""
        count = int(self._db.execute("SELECT count(*) FROM alerts WHERE ended_ms > 0").fetchone()[0])
        if count >= RESOLVED_KEPT:
            return []
        known = "SELECT 1 FROM alerts WHERE kind = ? AND conversation = ? AND queue = ?"
        return [c for c in conditions if not self._db.execute(known, (c.kind, c.conversation, c.queue)).fetchone()]

    @_failing()
    def record(self, notices: Iterable[Notice]) -> None:
        """Keep `notices` for every sink, and the alerts as they stand now; all of it or nothing.

        That an alert still fires is not put behind what a sink has not heard of the same alert yet: a sink that is down
        for long owes each alert a few notices, not hundreds.
        """
        with transaction(self._db):
            for notice in notices:
                self._db.execute(f"INSERT OR REPLACE INTO alerts ({ALERT}) VALUES ({_marks(9)})", astuple(notice.alert))  # noqa: S608
                self._put(notice, [sink for sink in self._sinks if self._wants(sink, notice)])
            old = (
                f"SELECT ended_ms FROM alerts WHERE ended_ms > 0 ORDER BY ended_ms DESC LIMIT 1 OFFSET {RESOLVED_KEPT}"  # noqa: S608
            )
            self._db.execute(f"DELETE FROM alerts WHERE ended_ms <= ({old})")  # noqa: S608

    @_failing()
    def waiting(self, sink: str, most: int) -> list[tuple[int, Notice]]:
        """The `most` notices that `sink` has not got for longest, in the order in which they were said."""
        found = self._db.execute(
            f"SELECT id, state, at_ms, {ALERT} FROM pending JOIN notices ON id = notice"  # noqa: S608
            " WHERE sink = ? ORDER BY notice LIMIT ?",
            (sink, most),
        )
        return [noticed(row) for row in found]

    @_failing()
    def delivered(self, sink: str, ids: Sequence[int]) -> None:
        """`sink` has these notices; those that every sink has are forgotten."""
        with transaction(self._db):
            self._db.executemany("DELETE FROM pending WHERE sink = ? AND notice = ?", [(sink, one) for one in ids])
            unwanted = "DELETE FROM notices WHERE id = ? AND NOT EXISTS (SELECT 1 FROM pending WHERE notice = ?)"
            self._db.executemany(unwanted, [(one, one) for one in ids])

    @_failing()
    def owed(self) -> dict[str, tuple[int, int | None]]:
        """For each sink: how many notices it has not got, and when the oldest of them was said (epoch ms)."""
        each = "SELECT sink, count(*) AS number, min(notice) AS oldest FROM pending GROUP BY sink"
        with self._reading() as db:
            found = db.execute(f"SELECT sink, number, at_ms FROM ({each}) JOIN notices ON id = oldest").fetchall()  # noqa: S608
        return {sink: (0, None) for sink in self._sinks} | {str(s): (int(n), int(since)) for s, n, since in found}

    @_failing()
    def listed(self, firing: bool | None, size: int, number: int) -> tuple[list[Alert], int]:
        """Page `number` (from 1) of `size` alerts, those that fire first, the newest first; and how many there are."""
        which = WHICH[firing]
        order = "ended_ms IS NOT NULL, since_ms DESC, conversation"
        page = f"SELECT {ALERT} FROM alerts WHERE {which} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
        with self._reading() as db:
            total = int(db.execute(f"SELECT count(*) FROM alerts WHERE {which}").fetchone()[0])  # noqa: S608
            return [Alert(*row) for row in db.execute(page, (size, (number - 1) * size))], total

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _wants(self, sink: str, notice: Notice) -> bool:
        if notice.state is not State.STILL_FIRING:
            return True
        unheard = "SELECT 1 FROM pending WHERE sink = ? AND alert = ? LIMIT 1"
        return self._db.execute(unheard, (sink, notice.alert.key)).fetchone() is None

    def _put(self, notice: Notice, sinks: Sequence[str]) -> None:
        if not sinks:
            return
        row = (str(notice.state), notice.at_ms, *astuple(notice.alert))
        said = self._db.execute(f"INSERT INTO notices (state, at_ms, {ALERT}) VALUES ({_marks(11)})", row)  # noqa: S608
        owed = [(sink, said.lastrowid, notice.alert.key) for sink in sinks]
        self._db.executemany("INSERT INTO pending VALUES (?, ?, ?)", owed)

    def _forget_other_sinks(self) -> None:
        with transaction(self._db):
            self._db.execute(f"DELETE FROM pending WHERE sink NOT IN ({_marks(len(self._sinks))})", self._sinks)  # noqa: S608
            self._db.execute("DELETE FROM notices WHERE id NOT IN (SELECT notice FROM pending)")

    def _reading(self) -> "closing[sqlite3.Connection]":
        return closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True))


def noticed(row: Sequence[Any]) -> tuple[int, Notice]:
    """The number and the notice of a row with id, state, at_ms and the alert as it stood."""
    return int(row[0]), Notice(State(row[1]), int(row[2]), Alert(*row[3:]))


def _marks(count: int) -> str:
    return ", ".join("?" * count)
