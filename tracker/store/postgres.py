"""A store that several trackers share: one PostgreSQL.

Each conversation has a row with its version, the number of its events. Who appends locks the rows of the conversations
it touches (in one order, so that nobody waits for each other), so events of one conversation are appended one
transaction after the other, whichever tracker they reach; and who finds a version other than its own is given what it
missed. An event is the same by its id or by its meaning: both are unique.
"""

import asyncio
import contextlib
import os
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.rows import TupleRow

from tracker.events import Event, Kind
from tracker.ledger.ledger import LONGEST_SILENCE_MS
from tracker.store.protocol import KEEP_S, LONGEST_RAW, Appended, DeadLetter, StoreFailed

Connection = psycopg.AsyncConnection[TupleRow]

CONNECT_S = 5
STATEMENT_MS = 15_000
ANSWER_S = 20.0
"""For all of a transaction. Longer than a statement may take, and shorter than the server takes to notice that we are
gone: who led knows it before another one leads."""
KEEPALIVE_IDLE_S, KEEPALIVE_EVERY_S, KEEPALIVES = 10, 5, 3
GONE_MS = (KEEPALIVE_IDLE_S + KEEPALIVE_EVERY_S * KEEPALIVES) * 1000
OF_THE_SERVER = {
    "statement_timeout": STATEMENT_MS,
    "lock_timeout": STATEMENT_MS,
    "tcp_keepalives_idle": KEEPALIVE_IDLE_S,
    "tcp_keepalives_interval": KEEPALIVE_EVERY_S,
    "tcp_keepalives_count": KEEPALIVES,
    "tcp_user_timeout": GONE_MS,
}
REPLAYED_AT_ONCE = 500
MOST_REPLAYED = 200_000
FORGOTTEN_AT_ONCE = 200
MOST_DEAD_LETTERS = 100_000
# Any two numbers that no other program uses on this database.
SETUP_LOCK, JUDGE_LOCK = 0x6465736B, 0x73746F72

SCHEMA = """
CREATE TABLE IF NOT EXISTS tracker_conversations (
    conversation text PRIMARY KEY, version bigint NOT NULL, finished boolean NOT NULL DEFAULT false,
    touched timestamptz NOT NULL DEFAULT now(), changed xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX IF NOT EXISTS tracker_conversations_changed ON tracker_conversations (changed);
CREATE INDEX IF NOT EXISTS tracker_conversations_touched ON tracker_conversations (touched);
CREATE TABLE IF NOT EXISTS tracker_events (
    seq bigserial PRIMARY KEY, id text NOT NULL UNIQUE, conversation text NOT NULL, kind text NOT NULL,
    at_ms bigint NOT NULL, participant text NOT NULL, queue text NOT NULL, user_id text, outcome text,
    UNIQUE (conversation, at_ms, kind, participant, queue)
);
CREATE TABLE IF NOT EXISTS tracker_dead_letters (
    number bigserial PRIMARY KEY, at_ms bigint NOT NULL, reason text NOT NULL, raw text NOT NULL
);
"""
LOCKED = """
INSERT INTO tracker_conversations (conversation, version)
SELECT name, 0 FROM unnest(%s::text[]) AS name ORDER BY name
ON CONFLICT (conversation) DO UPDATE SET version = tracker_conversations.version
RETURNING conversation, version
"""
INSERT = """
INSERT INTO tracker_events (id, conversation, kind, at_ms, participant, queue, user_id, outcome)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING RETURNING id
"""
COUNTED = """
UPDATE tracker_conversations AS c
SET version = c.version + new.events, finished = c.finished OR new.finished, touched = now(),
    changed = pg_current_xact_id()
FROM unnest(%s::text[], %s::bigint[], %s::boolean[]) AS new (conversation, events, finished)
WHERE c.conversation = new.conversation
"""
COLUMNS = "id, conversation, kind, at_ms, nullif(participant, ''), nullif(queue, ''), user_id, outcome"
EVENTS_OF = f"SELECT {COLUMNS} FROM tracker_events WHERE conversation = ANY(%s) ORDER BY seq"  # noqa: S608
UNFINISHED = """
SELECT conversation FROM tracker_conversations
WHERE NOT finished AND touched > now() - make_interval(secs => %s) ORDER BY touched DESC LIMIT %s
"""
CHANGED = "SELECT conversation, version FROM tracker_conversations WHERE changed >= %s::text::xid8"
FORGET = """
WITH old AS (SELECT conversation FROM tracker_conversations WHERE touched < to_timestamp(%s) LIMIT %s FOR UPDATE),
     rows AS (DELETE FROM tracker_conversations WHERE conversation IN (SELECT conversation FROM old))
DELETE FROM tracker_events WHERE conversation IN (SELECT conversation FROM old)
"""


class PostgresStore:
    """See `Store` and `Shared`. `address` is a libpq URL; a password may come from the environment (PGPASSWORD). A
    server that does not answer within `answer_s` has failed, and its connection is ended."""

    keep_s = KEEP_S
    problem = ""

    def __init__(self, address: str, answer_s: float = ANSWER_S) -> None:
        self._address = address
        self._answer_s = answer_s
        self._connections: dict[str, Connection] = {}
        # A connection has one transaction at a time; of two tasks at once one would be inside the other's.
        self._free: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._seen = "0"

    async def append(self, events: Sequence[Event], known: Mapping[str, int]) -> Appended:
        """See `Store`."""
        async with self._transaction("appending", "writes") as database:
            return await _append(database, events, known)

    async def events_of(self, conversation: str) -> list[Event]:
        """See `Store`."""
        return (await self._found([conversation])).get(conversation, [])

    async def replay(self) -> AsyncIterator[tuple[str, list[Event]]]:
        """Those that are not over and were heard of while the ledger would have kept them in memory, the last ones
        before all others. See `Store`."""
        await self.changed()
        names = [
            name for (name,) in await self._all("replaying", UNFINISHED, (LONGEST_SILENCE_MS / 1000, MOST_REPLAYED))
        ]
        for first in range(0, len(names), REPLAYED_AT_ONCE):
            for conversation, events in (await self._found(names[first : first + REPLAYED_AT_ONCE])).items():
                yield conversation, events

    async def snapshot(self, conversations: Sequence[str], mark: int) -> None:
        """Not needed: each conversation's row says whether it is over."""

    async def dead_letter(self, raw: bytes, reason: str, at_ms: int) -> None:
        """See `Store`."""
        text = raw[:LONGEST_RAW].decode("utf-8", "replace").replace("\0", "\\0")
        async with self._transaction("keeping a dead letter", "tidies") as database:
            added = await database.execute(
                "INSERT INTO tracker_dead_letters (at_ms, reason, raw) VALUES (%s, %s, %s) RETURNING number",
                (at_ms, reason, text),
            )
            number = (await added.fetchall())[0][0]
            oldest = "DELETE FROM tracker_dead_letters WHERE number <= %s"
            await database.execute(oldest, (number - MOST_DEAD_LETTERS,))

    async def dead_letters(self, offset: int, limit: int) -> tuple[list[DeadLetter], int]:
        """See `Store`."""
        page = "SELECT number, at_ms, reason, raw FROM tracker_dead_letters ORDER BY number DESC LIMIT %s OFFSET %s"
        rows = await self._all("reading dead letters", page, (limit, offset))
        total = await self._all("reading dead letters", "SELECT count(*) FROM tracker_dead_letters", ())
        return [DeadLetter(*row) for row in rows], total[0][0]

    async def forget(self, now_ms: int) -> int:
        """Whole conversations that nothing was heard of since. See `Store`."""
        async with self._transaction("forgetting", "tidies") as database:
            return (await database.execute(FORGET, (now_ms / 1000 - self.keep_s, FORGOTTEN_AT_ONCE))).rowcount

    async def changed(self) -> list[tuple[str, int]]:
        """See `Shared`."""
        async with self._transaction("following", "follows") as database:
            # A transaction that this look cannot see yet has a number that is not below the oldest one running.
            oldest = await database.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
            since, newest = self._seen, (await oldest.fetchall())[0][0]
            found = await (await database.execute(CHANGED, (since,))).fetchall() if since != "0" else []
        self._seen = newest
        return [(name, version) for name, version in found]

    async def judges(self) -> bool:
        """See `Shared`."""
        held = "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objid = %s"
        if (await self._all("following", held, (JUDGE_LOCK,), "follows"))[0][0]:
            return True
        asked = await self._all("following", "SELECT pg_try_advisory_lock(%s)", (JUDGE_LOCK,), "follows")
        return bool(asked[0][0])

    async def close(self) -> None:
        """See `Store`."""
        for database in self._connections.values():
            await database.close()

    async def _found(self, conversations: Sequence[str]) -> dict[str, list[Event]]:
        return _by_conversation(await self._all("reading", EVENTS_OF, (list(conversations),)))

    async def _all(self, doing: str, query: str, values: tuple[Any, ...], use: str = "reads") -> list[TupleRow]:
        async with self._database(doing, use) as database:
            return await (await database.execute(query, values)).fetchall()

    @asynccontextmanager
    async def _transaction(self, doing: str, use: str) -> AsyncIterator[Connection]:
        async with self._database(doing, use) as database, database.transaction():
            yield database

    @asynccontextmanager
    async def _database(self, doing: str, use: str) -> AsyncIterator[Connection]:
        async with self._free[use]:
            with failing(doing):
                database = self._connections.get(use)
                if database is None or database.closed:
                    database = await self._connected()
                    self._connections[use] = database
                with self._limited(database):
                    yield database

    async def _connected(self) -> Connection:
        database = await psycopg.AsyncConnection.connect(
            self._address,
            autocommit=True,
            connect_timeout=CONNECT_S,
            options=" ".join(f"-c {name}={value}" for name, value in OF_THE_SERVER.items()),
            tcp_user_timeout=GONE_MS,
            keepalives_idle=KEEPALIVE_IDLE_S,
            keepalives_interval=KEEPALIVE_EVERY_S,
            keepalives_count=KEEPALIVES,
        )
        try:
            with self._limited(database):
                async with database.transaction():
                    await database.execute("SELECT pg_advisory_xact_lock(%s)", (SETUP_LOCK,))
                    await database.execute(SCHEMA)
        except BaseException:
            await database.close()
            raise
        return database

    @contextmanager
    def _limited(self, database: Connection) -> Iterator[None]:
        # A wait that is cancelled asks the server to end it, and waits for that as well. An end of the connection
        # reaches whoever waits.
        limit = asyncio.get_running_loop().call_later(self._answer_s, _end, database)
        try:
            yield
        finally:
            limit.cancel()


def _end(database: Connection) -> None:
    with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(database.fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def failing(doing: str) -> Iterator[None]:
    """What is wrong with the server, or with the way to it, is `StoreFailed`."""
    try:
        yield
    except (psycopg.Error, OSError) as why:
        raise StoreFailed(doing, why) from why


async def _append(database: Connection, events: Sequence[Event], known: Mapping[str, int]) -> Appended:
    versions = await (await database.execute(LOCKED, (sorted(known),))).fetchall()
    missed = [conversation for conversation, version in versions if version != known[conversation]]
    older = {}
    if missed:
        older = _by_conversation(await (await database.execute(EVENTS_OF, (missed,))).fetchall())
    rows = [
        (e.id, e.conversation, e.kind.value, e.at_ms, e.participant or "", e.queue or "", e.user, e.outcome)
        for e in events
    ]
    inserted = await (await database.execute(INSERT, [list(column) for column in zip(*rows, strict=True)])).fetchall()
    ids = {id for (id,) in inserted}
    new = []
    for event in events:
        if event.id in ids:
            ids.discard(event.id)
            new.append(event)
    await database.execute(COUNTED, _counts(new))
    return Appended(new, older, 0)


def _counts(new: Sequence[Event]) -> tuple[list[str], list[int], list[bool]]:
    events: dict[str, int] = {}
    finished: dict[str, bool] = {}
    for event in new:
        events[event.conversation] = events.get(event.conversation, 0) + 1
        finished[event.conversation] = finished.get(event.conversation, False) or event.kind is Kind.CUSTOMER_END
    return list(events), list(events.values()), list(finished.values())


def _by_conversation(rows: Sequence[TupleRow]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for id, conversation, kind, *rest in rows:
        found.setdefault(conversation, []).append(Event(id, conversation, Kind(kind), *rest))
    return found
