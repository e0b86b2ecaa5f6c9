"""The alerts of several trackers with one PostgreSQL: one story, whoever of them tells it.

Who is to speak takes over: it is given the alerts that fire, whatever some sink has not got yet, and a new term. A
tracker of an earlier term, which may not know that it was superseded, keeps nothing more and finds nothing to send.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from tracker.alerts.book import ALERT, DOING, RESOLVED_KEPT, WHICH, noticed
from tracker.alerts.lifecycle import Alert, Condition, Notice, State
from tracker.store.postgres import CONNECT_S, SETUP_LOCK, STATEMENT_MS, failing

Connection = psycopg.Connection[TupleRow]

COLUMNS = """
kind text NOT NULL, conversation text NOT NULL, queue text NOT NULL, since_ms bigint NOT NULL,
value double precision NOT NULL, most double precision NOT NULL, notices bigint NOT NULL, noticed_ms bigint NOT NULL,
ended_ms bigint"""
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS tracker_alerts ({COLUMNS}, PRIMARY KEY (kind, conversation, queue));
CREATE INDEX IF NOT EXISTS tracker_alerts_ended ON tracker_alerts (ended_ms);
CREATE TABLE IF NOT EXISTS tracker_notices (
    id bigserial PRIMARY KEY, sink text NOT NULL, state text NOT NULL, at_ms bigint NOT NULL, {COLUMNS});
CREATE INDEX IF NOT EXISTS tracker_notices_sink ON tracker_notices (sink, id);
CREATE INDEX IF NOT EXISTS tracker_notices_alert ON tracker_notices (conversation, kind, queue);
CREATE TABLE IF NOT EXISTS tracker_speaker (one boolean PRIMARY KEY CHECK (one), term bigint NOT NULL);
INSERT INTO tracker_speaker VALUES (true, 0) ON CONFLICT DO NOTHING;
"""  # noqa: S608
ARRAYS = (
    "unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::float8[], %s::float8[], %s::bigint[], %s::bigint[],"
    " %s::bigint[]"
)
KEEP = f"""
INSERT INTO tracker_alerts ({ALERT}) SELECT * FROM {ARRAYS})
ON CONFLICT (kind, conversation, queue) DO UPDATE SET since_ms = excluded.since_ms, value = excluded.value,
    most = excluded.most, notices = excluded.notices, noticed_ms = excluded.noticed_ms, ended_ms = excluded.ended_ms
"""  # noqa: S608
PUT = f"""
INSERT INTO tracker_notices (sink, {ALERT}, state, at_ms)
SELECT s.sink, {", ".join(f"n.{name}" for name in ALERT.split(", "))}, n.state, n.at_ms
FROM {ARRAYS}, %s::text[], %s::bigint[]) WITH ORDINALITY AS n ({ALERT}, state, at_ms, place),
    unnest(%s::text[]) AS s (sink)
WHERE n.state <> '{State.STILL_FIRING}' OR NOT EXISTS (
    SELECT FROM tracker_notices AS p
    WHERE (p.conversation, p.kind, p.queue, p.sink) = (n.conversation, n.kind, n.queue, s.sink))
ORDER BY n.place
"""  # noqa: S608
FORGET = """
DELETE FROM tracker_alerts
WHERE ended_ms <= (SELECT ended_ms FROM tracker_alerts WHERE ended_ms > 0 ORDER BY ended_ms DESC LIMIT 1 OFFSET %s)
"""
KNOWN = """
SELECT kind, conversation, queue FROM tracker_alerts
WHERE (kind, conversation, queue) IN (SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]))
"""
WAITING = f"""
SELECT id, state, at_ms, {ALERT} FROM tracker_notices
WHERE sink = %s AND (SELECT term FROM tracker_speaker) = %s ORDER BY id LIMIT %s
"""  # noqa: S608


class SharedBook:
    """See `Book`; every method raises `StoreFailed`."""

    def __init__(self, address: str, sinks: Sequence[str]) -> None:
        self._address = address
        self._sinks = list(sinks)
        self._term = -1
        self._db: Connection | None = None
        with self._transaction():
            pass  # a database that is away is told of at the start

    def take_over(self) -> list[Alert]:
        """The alerts that fire, for who goes on with them: from now on nobody else's book takes notices."""
        with self._transaction() as db:
            term = db.execute("UPDATE tracker_speaker SET term = term + 1 RETURNING term").fetchall()[0][0]
            db.execute("DELETE FROM tracker_notices WHERE NOT sink = ANY(%s)", (self._sinks,))
            rows = db.execute(f"SELECT {ALERT} FROM tracker_alerts WHERE ended_ms IS NULL").fetchall()  # noqa: S608
        self._term = term
        return [Alert(*row) for row in rows]

    def unheard(self, conditions: Iterable[Condition]) -> list[Condition]:
        """See `Book`."""
        asked = {(c.kind, c.conversation, c.queue): c for c in conditions}
        with self._transaction() as db:
            resolved = db.execute("SELECT count(*) FROM tracker_alerts WHERE ended_ms > 0").fetchall()[0][0]
            if not asked or resolved >= RESOLVED_KEPT:
                return []
            known = set(db.execute(KNOWN, _columns(list(asked))).fetchall())
        return [condition for key, condition in asked.items() if key not in known]

    def record(self, notices: Iterable[Notice]) -> None:
        """See `Book`; nothing is kept once another tracker took over."""
        said = _worth_saying(notices)
        stands = {notice.alert.key: astuple(notice.alert) for notice in said}
        with self._transaction() as db:
            if db.execute("SELECT term FROM tracker_speaker FOR SHARE").fetchall()[0][0] != self._term:
                return
            db.execute(KEEP, _columns(list(stands.values())))
            rows = [(*astuple(notice.alert), str(notice.state), notice.at_ms) for notice in said]
            db.execute(PUT, [*_columns(rows), self._sinks])
            db.execute(FORGET, (RESOLVED_KEPT,))

    def waiting(self, sink: str, most: int) -> list[tuple[int, Notice]]:
        """See `Book`; nothing once another tracker took over."""
        with self._transaction() as db:
            rows = db.execute(WAITING, (sink, self._term, most)).fetchall()
        return [noticed(row) for row in rows]

    def delivered(self, sink: str, ids: Sequence[int]) -> None:
        """See `Book`."""
        with self._transaction() as db:
            db.execute("DELETE FROM tracker_notices WHERE sink = %s AND id = ANY(%s)", (sink, list(ids)))

    def owed(self) -> dict[str, tuple[int, int | None]]:
        """See `Book`; the same whichever tracker is asked."""
        with self._reading() as db:
            found = db.execute("SELECT sink, count(*), min(at_ms) FROM tracker_notices GROUP BY sink").fetchall()
        none: dict[str, tuple[int, int | None]] = {sink: (0, None) for sink in self._sinks}
        return none | {str(sink): (int(number), int(since)) for sink, number, since in found}

    def listed(self, firing: bool | None, size: int, number: int) -> tuple[list[Alert], int]:
        """See `Book`; the same whichever tracker is asked."""
        which = WHICH[firing]
        order = "ended_ms IS NOT NULL, since_ms DESC, conversation"
        page = f"SELECT {ALERT} FROM tracker_alerts WHERE {which} ORDER BY {order} LIMIT %s OFFSET %s"  # noqa: S608
        with self._reading() as db:
            total = db.execute(f"SELECT count(*) FROM tracker_alerts WHERE {which}").fetchall()[0][0]  # noqa: S608
            return [Alert(*row) for row in db.execute(page, (size, (number - 1) * size))], int(total)

    def close(self) -> None:
        """Close the connection."""
        if self._db is not None:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with failing(DOING):
            if self._db is None or self._db.closed:
                self._db = self._connected()
                with self._db.transaction():
                    self._db.execute("SELECT pg_advisory_xact_lock(%s)", (SETUP_LOCK,))
                    self._db.execute(SCHEMA)
            with self._db.transaction():
                yield self._db

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with failing(DOING), self._connected() as db:
            yield db

    def _connected(self) -> Connection:
        # One that is stopped amid a transaction does not keep the others from taking over for longer than that.
        names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
        options = " ".join(f"-c {name}={STATEMENT_MS}" for name in names)
        limits: dict[str, Any] = {"connect_timeout": CONNECT_S, "tcp_user_timeout": STATEMENT_MS}
        return psycopg.connect(self._address, autocommit=True, options=options, **limits)


def _worth_saying(notices: Iterable[Notice]) -> list[Notice]:
    """Without those that say that an alert still fires behind another notice of the same alert."""
    found: list[Notice] = []
    heard: set[str] = set()
    for notice in notices:
        if notice.state is not State.STILL_FIRING or notice.alert.key not in heard:
            found.append(notice)
        heard.add(notice.alert.key)
    return found


def _columns(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
