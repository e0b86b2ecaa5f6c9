"""What the book acknowledged is durable and counts once, however it was delivered and whatever was in between."""

import asyncio
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.waiting import eventually
from tests.tracker.histories import START_MS, conversations, deliveries, parts
from tests.tracker.ledger.test_ledger import C, as_truth, bouncing, ended, entered, left
from tests.tracker.oracle import truth
from tests.tracker.store.test_journal import waiting_in_the_journal
from tracker.book import Book, Taken
from tracker.events import Event, Kind
from tracker.ledger import Change, Condition, Ledger
from tracker.store import Appended, Store, StoreFailed
from tracker.store.journal import JournalStore

T = START_MS


class Opened:
    """A book over a file, and what it told."""

    def __init__(self, folder: Path, ledger: Ledger | None = None, store: Store | None = None) -> None:
        self.now_ms = T + 1000
        self.changes: list[tuple[Event, Change]] = []
        self.alarms: list[Condition] = []
        self.leads: bool | None = None
        self.store = store or JournalStore(folder)
        self.ledger = ledger or Ledger()
        self.book = Book(self.ledger, self.store, self, wall_ms=lambda: self.now_ms)

    def changed(self, event: Event, change: Change) -> None:
        """An event was new."""
        self.changes.append((event, change))

    def recalled(self, conversation: str) -> None:
        """A conversation was replayed."""

    def alarmed(self, conditions: Sequence[Condition]) -> None:
        """Conditions not brought by an event here."""
        self.alarms += conditions

    def led(self, leads: bool) -> None:
        """This one is to speak of conditions."""
        self.leads = leads


@asynccontextmanager
async def opened(folder: Path, ledger: Ledger | None = None, store: Store | None = None) -> Any:
    """Open until the end of the block."""
    found = Opened(folder, ledger, store)
    await found.book.open()
    yield found
    await found.book.close()
    await found.store.close()


def in_a_folder(test: Callable[[Path], Coroutine[Any, Any, None]]) -> None:
    """Run an asynchronous test in a folder of its own (Hypothesis runs a test often)."""
    with tempfile.TemporaryDirectory(prefix="deskstorm-book-") as folder:
        asyncio.run(test(Path(folder)))


OFTEN = settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def over(name: str) -> st.SearchStrategy[list[Event]]:
    """Conversations that are over."""
    end = Event(f"{name}/end", name, Kind.CUSTOMER_END, T + 10**9, "customer")
    return conversations(name).map(lambda events: [*events, end])


@OFTEN
@given(data=st.data())
def test_split_over_parallel_deliveries_and_restarts_the_state_is_that_of_the_events_in_order(
    data: st.DataObject,
) -> None:
    told = {name: data.draw(st.one_of(conversations(name), over(name))) for name in ("c-1", "c-2")}
    arriving = data.draw(deliveries([event for events in told.values() for event in events]))
    lives = list(parts(arriving, data.draw(st.lists(st.integers(0, 12), max_size=3))))
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=8))

    async def test(folder: Path) -> None:
        accepted, arrived = 0, list[Event]()
        for life in lives:
            most_over, crowd = data.draw(st.sampled_from([(0, 0), (1, 0), (50, 500)]))
            async with opened(folder, Ledger(most_over=most_over, crowd=crowd)) as tracker:
                for at_once in parts(life, sizes):
                    taken = [tracker.book.take(piece) for piece in parts(at_once, sizes) if piece]
                    tracker.ledger.due(T)
                    accepted += sum(answer.accepted for answer in await asyncio.gather(*taken))
                    arrived += at_once
                    for name in told:
                        found = await tracker.book.interaction(name)
                        in_order = Ledger().view(name, [event for event in arrived if event.conversation == name])
                        assert (found and as_truth(found)) == (in_order and as_truth(in_order))
        async with opened(folder) as tracker:
            for name, events in told.items():
                found = await tracker.book.interaction(name)
                assert as_truth(found) == truth(events)
        assert accepted == sum(len(events) for events in told.values())

    in_a_folder(test)


def test_an_answer_says_what_was_new(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as tracker:
            take = tracker.book.take
            first, second = take([entered(1), left(2), entered(1)]), take([entered(1)])
            assert await first == Taken(2, 1)
            assert await second == Taken(0, 1)
            assert await take([left(2), ended(3)]) == Taken(1, 1)
            assert take([left(2)]).done()

    asyncio.run(test())


def test_a_late_event_of_a_conversation_that_left_memory_lands_right(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path, Ledger(retention_s=10)) as tracker:
            tracker.ledger.due(T)
            await tracker.book.take([left(2), ended(3)])
            tracker.ledger.due(T + 60_000)
            assert tracker.ledger.size() == 0
            seen = await tracker.book.interaction(C)
            assert (seen.version, seen.phantoms, tracker.ledger.size()) == (2, ("left Billing but never entered",), 0)
            assert await tracker.book.take([entered(1)]) == Taken(1, 0)
            assert tracker.ledger.interaction(C).visits[0].dwell_ms == 1000
            assert await tracker.book.interaction("nobody") is None

    asyncio.run(test())


class Interrupted(JournalStore):
    """A store that is busy for so long that something happens meanwhile: the first of these, then the next."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.meanwhile: list[Callable[[], object]] = []

    async def append(self, events: Sequence[Event], known: Any) -> Appended:
        """See `Store`."""
        appended = await super().append(events, known)
        self._happens()
        return appended

    async def events_of(self, conversation: str) -> list[Event]:
        """See `Store`."""
        found = await super().events_of(conversation)
        self._happens()
        return found

    def _happens(self) -> None:
        if self.meanwhile:
            self.meanwhile.pop(0)()


def test_what_is_forgotten_while_the_store_is_busy_is_not_taken_for_new(tmp_path: Path) -> None:
    async def test() -> None:
        store = Interrupted(tmp_path)
        async with opened(tmp_path, Ledger(retention_s=10), store) as tracker:
            due = tracker.ledger.due
            due(T)
            await tracker.book.take([entered(1), left(2)])
            due(T + 5_000)
            await tracker.book.take([of_another(entered(1)), of_another(left(2))])
            # One leaves while the events are written, the other one while those of the first are looked for.
            store.meanwhile = [lambda: due(T + 12_000), lambda: due(T + 60_000)]
            assert await tracker.book.take([of_another(ended(3)), ended(3)]) == Taken(2, 0)
            assert store.meanwhile == []
            assert [tracker.ledger.version(name) for name in (C, "another")] == [3, 3]

    asyncio.run(test())


def of_another(event: Event) -> Event:
    """The same in another conversation."""
    return event._replace(id=f"another/{event.id}", conversation="another")


def test_what_is_over_and_too_much_leaves_after_a_batch_and_not_amid_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path, Ledger(most_over=1, crowd=1)) as tracker:
            await tracker.book.take([left(2), ended(3)])
            ends = [ended(3)._replace(id=f"end-{number}", conversation=f"c-{number}") for number in range(5)]
            assert await tracker.book.take([*ends, entered(1)]) == Taken(6, 0)
            (change,) = [change for event, change in tracker.changes if event == entered(1)]
            assert [visit.dwell_ms for visit in change.completed] == [1000]
            assert tracker.ledger.size() == 1
            assert (await tracker.book.interaction(C)).version == 3

    asyncio.run(test())


def test_a_restart_tells_what_holds_and_only_that(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as tracker:
            await tracker.book.take(bouncing(4))
        async with opened(tmp_path) as tracker:
            assert [(c.kind, c.value, c.holds) for c in tracker.alarms] == [("bouncing", 4, True)]
            await tracker.book.take([ended(99)])
            assert [c.holds for c in tracker.changes[-1][1].conditions] == [False]
        async with opened(tmp_path) as tracker:
            assert tracker.alarms == []

    asyncio.run(test())


def test_only_what_is_not_over_is_replayed_and_what_is_too_old_is_dropped(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path) as tracker:
            await tracker.book.take([entered(1), left(2), ended(3)])
            await tracker.book.take([entered(20)._replace(conversation="waits")])
            tracker.store.keep_s = 1000
            await eventually(lambda: waiting_in_the_journal(tmp_path) == 0, "all to be filed", 20)
            await tracker.book.keep_house()
            tracker.now_ms = T + 1_010_000
            await tracker.book.keep_house()
            assert await tracker.store.events_of(C) == []
        async with opened(tmp_path) as tracker:
            assert tracker.ledger.unfinished() == ["waits"]
            assert tracker.ledger.size() == 1

    asyncio.run(test())


class BrokenOnce(JournalStore):
    """A store whose disk fails once."""

    broken = True

    async def append(self, events: Sequence[Event], known: Any) -> Appended:
        """See `Store`."""
        if self.broken:
            self.broken = False
            raise StoreFailed("appending", OSError("disk full"))
        return await super().append(events, known)


def test_what_the_store_refuses_does_not_count_and_may_come_again(tmp_path: Path) -> None:
    async def test() -> None:
        async with opened(tmp_path, store=BrokenOnce(tmp_path)) as tracker:
            with pytest.raises(StoreFailed, match="the store failed while appending: OSError: disk full"):
                await tracker.book.take([entered(1)])
            assert tracker.ledger.interaction(C) is None
            assert await tracker.book.take([entered(1)]) == Taken(1, 0)

    asyncio.run(test())
