"""Trackers that share a PostgreSQL tell one story, whichever of them is told what."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.waiting import eventually
from tests.postgres import postgres
from tests.tracker.histories import conversations, deliveries
from tests.tracker.ledger.test_ledger import C, T, as_truth, bouncing, due, ended, entered, left
from tests.tracker.oracle import truth
from tests.tracker.test_book import opened
from tracker.book import Taken
from tracker.ledger import Ledger
from tracker.store import DeadLetter, StoreFailed
from tracker.store.postgres import PostgresStore

pytestmark = pytest.mark.world
NOWHERE = Path("/nonexistent")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """One server for all tests here."""
    with postgres() as found:
        yield found


def emptied(address: str) -> None:
    """No tables."""
    with psycopg.connect(address, autocommit=True) as database:
        for name in ("events", "conversations", "dead_letters"):
            database.execute(f"DROP TABLE IF EXISTS tracker_{name}")


def with_trackers(address: str, count: int, test: Callable[..., Coroutine[Any, Any, None]]) -> None:
    """Run `test` with so many trackers on an empty database."""

    async def run() -> None:
        async with AsyncExitStack() as stack:
            trackers = [
                await stack.enter_async_context(opened(NOWHERE, store=PostgresStore(address))) for _ in range(count)
            ]
            await test(*trackers)

    emptied(address)
    asyncio.run(run())


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_split_over_trackers_and_repeated_the_state_is_that_of_the_events_in_order(
    address: str, data: st.DataObject
) -> None:
    told = {name: data.draw(conversations(name)) for name in ("c-1", "c-2")}
    arriving = data.draw(deliveries([event for events in told.values() for event in events]))
    whose = [data.draw(st.integers(0, 1)) for _ in arriving]

    async def test(*trackers: Any) -> None:
        taken = [trackers[who].book.take([event]) for who, event in zip(whose, arriving, strict=True)]
        accepted = sum(answer.accepted for answer in await asyncio.gather(*taken))
        assert accepted == sum(len(events) for events in told.values())
        for tracker in trackers:
            for name, events in told.items():
                assert as_truth(await tracker.book.interaction(name)) == truth(events)

    with_trackers(address, 2, test)


def test_one_enters_and_another_leaves(address: str) -> None:
    async def test(one: Any, other: Any) -> None:
        assert await one.book.take([entered(1)]) == Taken(1, 0)
        assert await other.book.take([entered(1), left(5)]) == Taken(1, 1)
        (completed,) = other.changes[-1][1].completed
        assert completed.dwell_ms == 4000
        assert (await one.book.interaction(C)).current_queue is None
        assert await one.book.take([left(5)._replace(id="another")]) == Taken(0, 1)

    with_trackers(address, 2, test)


def test_what_another_took_ends_what_is_stuck_here_and_one_tracker_speaks(address: str) -> None:
    async def test(one: Any, other: Any) -> None:
        await eventually(lambda: {one.leads, other.leads} == {True, False}, "one of them to lead", 20)
        await one.book.take([entered(1)])
        await eventually(lambda: other.ledger.version(C) == 1, "the other to follow", 20)
        assert [c.holds for c in due(one.ledger, 400)] == [c.holds for c in due(other.ledger, 400)] == [True]
        await other.book.take([left(500)])
        await eventually(lambda: [c.holds for c in one.alarms] == [False], "the end to be followed", 20)
        await one.book.take(bouncing(4))
        await eventually(lambda: [(c.kind, c.holds) for c in other.alarms] == [("bouncing", True)], "its bounces", 20)

    with_trackers(address, 2, test)


def test_another_speaks_when_the_first_one_is_gone(address: str) -> None:
    async def test(only: Any) -> None:
        await eventually(lambda: only.leads, "the only one to lead", 20)
        await only.book.take([entered(1)])
        async with opened(NOWHERE, store=PostgresStore(address)) as next_one:
            assert next_one.ledger.unfinished() == [C]
            await eventually(lambda: next_one.leads is False, "the next one to wait", 20)
            await only.book.close()
            await only.store.close()
            await eventually(lambda: next_one.leads, "the next one to lead", 20)

    with_trackers(address, 1, test)


def test_only_what_is_not_over_is_replayed(address: str) -> None:
    async def test(one: Any) -> None:
        await one.book.take([entered(1), ended(2), entered(1)._replace(id="x", conversation="waits")])
        async with opened(NOWHERE, store=PostgresStore(address)) as next_one:
            assert next_one.ledger.unfinished() == ["waits"]
            assert await next_one.book.take([left(1.5)]) == Taken(1, 0)
            assert next_one.ledger.interaction(C).visits[0].dwell_ms == 500

    with_trackers(address, 1, test)


def test_what_was_silent_for_longer_than_memory_keeps_it_is_not_replayed(address: str) -> None:
    async def test(one: Any) -> None:
        await one.book.take([entered(1), entered(1)._replace(id="x", conversation="waits")])
        with psycopg.connect(address, autocommit=True) as database:
            silent = "UPDATE tracker_conversations SET touched = now() - interval '97 hours' WHERE conversation = %s"
            database.execute(silent, (C,))
        async with opened(NOWHERE, store=PostgresStore(address)) as next_one:
            assert next_one.ledger.unfinished() == ["waits"]
            assert await next_one.book.take([left(5)]) == Taken(1, 0)
            assert next_one.ledger.interaction(C).visits[0].dwell_ms == 4000

    with_trackers(address, 1, test)


def test_dead_letters_and_forgetting(address: str) -> None:
    async def test(one: Any) -> None:
        await one.store.dead_letter(b'{"a": "\0', "not JSON", 17)
        letters, total = await one.store.dead_letters(0, 5)
        assert (letters, total) == ([DeadLetter(1, 17, "not JSON", '{"a": "\\0')], 1)
        await one.book.take([entered(1), left(2)])
        assert await one.store.forget(T) == 0
        assert await one.store.forget(10**14) == 2
        assert await one.store.events_of(C) == []

    with_trackers(address, 1, test)


def test_deliveries_dead_letters_and_forgetting_at_once_are_each_their_own_transaction(address: str) -> None:
    async def test() -> None:
        store = PostgresStore(address)
        await store.dead_letter(b"the first", "connects", T)
        events = [entered(1)._replace(id=f"e{number}", conversation=f"c{number}") for number in range(20)]
        async with asyncio.TaskGroup() as at_once:
            for event in events:
                at_once.create_task(store.append([event], {event.conversation: 0}))
                at_once.create_task(store.dead_letter(b"bad", "wrong", T))
                at_once.create_task(store.forget(0))
        assert [await store.events_of(event.conversation) for event in events] == [[event] for event in events]
        assert (await store.dead_letters(0, 1))[1] == 21
        await store.close()

    emptied(address)
    asyncio.run(test())


def test_a_lost_connection_fails_one_delivery_and_is_made_anew(address: str) -> None:
    async def test(one: Any) -> None:
        await one.book.take([entered(1)])
        with psycopg.connect(address, autocommit=True) as database:
            others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'tracker'"
            database.execute(f"SELECT pg_terminate_backend(pid) {others}")
        with pytest.raises(StoreFailed, match="the store failed while appending: AdminShutdown"):
            await one.book.take([left(2)])
        assert await one.book.take([left(2)]) == Taken(1, 0)
        await eventually(lambda: one.leads, "to lead again", 20)

    with_trackers(address, 1, test)


@asynccontextmanager
async def relayed(address: str) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The address of the same server by way of a relay, which carries nothing while the event is not set."""
    folder = address.partition("host=")[2]
    carries = asyncio.Event()
    carries.set()
    joining: set[asyncio.Task[None] | None] = set()

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await source.read(65_536):
                await carries.wait()
                target.write(some)
        await carries.wait()
        target.close()
        with contextlib.suppress(OSError):
            await target.wait_closed()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        joining.add(asyncio.current_task())
        its_reader, its_writer = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        await asyncio.gather(carry(reader, its_writer), carry(its_reader, writer))

    async with await asyncio.start_server(joined, "127.0.0.1") as relay:
        port = relay.sockets[0].getsockname()[1]
        yield f"postgresql://tracker@127.0.0.1:{port}/postgres", carries
        carries.set()
        await asyncio.gather(*filter(None, joining))


def test_a_server_that_falls_silent_fails_what_waits_for_it_and_nobody_leads(address: str) -> None:
    async def test() -> None:
        async with (
            relayed(address) as (through, carries),
            opened(NOWHERE, store=PostgresStore(through, answer_s=2.0)) as one,
        ):
            await eventually(lambda: one.leads, "to lead", 20)
            await one.book.take([entered(1)])
            carries.clear()
            with pytest.raises(StoreFailed, match="the store failed while appending: OperationalError"):
                await one.book.take([left(2)])
            await eventually(lambda: one.leads is False, "not to lead any more", 20)
            with pytest.raises(StoreFailed, match="the store failed while reading"):
                await one.book.interaction(C)
            carries.set()
            await eventually(lambda: one.leads, "to lead again", 30)
            assert await one.book.take([left(2)]) == Taken(1, 0)

    emptied(address)
    asyncio.run(test())


def test_both_ends_notice_that_the_other_is_gone(address: str) -> None:
    async def test() -> None:
        async with relayed(address) as (through, _):
            store = PostgresStore(through)
            asked = "SELECT name, reset_val FROM pg_settings WHERE starts_with(name, 'tcp') ORDER BY name"
            theirs: dict[str, str] = dict(await store._all("asking", asked, ()))
            assert theirs == {
                "tcp_keepalives_count": "3",
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_user_timeout": "25000",
            }
            with socket.socket(fileno=os.dup(store._connections["reads"].fileno())) as ours:
                options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
                assert [ours.getsockopt(socket.IPPROTO_TCP, option) for option in options] == [10, 5, 3, 25_000]
            await store.close()

    asyncio.run(test())


def test_a_server_that_is_not_there_is_said_so() -> None:
    async def test() -> None:
        with pytest.raises(StoreFailed, match="the store failed while following: OperationalError"):
            async with opened(NOWHERE, Ledger(), PostgresStore("postgresql://tracker@/postgres?host=/nonexistent")):
                pass

    asyncio.run(test())
