"""The alerts of one tracker, in a thread of their own: conditions are taken in without waiting, notices go out."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random

import httpx

from tracker.alerts.book import Book
from tracker.alerts.lifecycle import Alert, Condition, Lifecycle, Notice
from tracker.alerts.sender import DEADLINE_S, Sender, Sent
from tracker.backoff import Backoff
from tracker.settings import Settings
from tracker.store import StoreFailed
from tracker.trust import trusting

# Conditions taken in one transaction: a storm of them does not keep the senders waiting.
CHUNK = 500
LONGEST_BACKOFF_S = 5.0
RECORD_AGAIN_S = 1.0


@dataclass(frozen=True)
class Owed:
    """What one sink has got, and what it has not: how many notices, and for how many seconds the oldest."""

    sink: str
    sent: Sent
    waiting: int
    oldest_s: float


@dataclass(frozen=True)
class _News:
    """Conditions that began or ended; or `all_of_them` that hold, and some that are `over`."""

    conditions: Sequence[Condition]
    all_of_them: bool = False
    over: Sequence[Condition] = ()
    takes_over: bool = False


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Alerts:
    """`took`, `reconcile` and `lead` may be called from any thread and do no I/O there; all is said in order. `silent`
    while another tracker with the same store speaks, or may: then nothing is said, and what is told is passed over.
    `problem` says why the book takes nothing, if it does not. Without a `seed` chance is the operating system's."""

    book = Book
    sender = Sender

    def __init__(self, settings: Settings, now_ms: Callable[[], int] = _wall_ms, seed: int | None = None) -> None:
        self.silent = settings.shares_its_store
        self._settings = settings
        self._now_ms = now_ms
        self._chance = Random(seed)
        self._repeat_ms = round(settings.alert_repeat_s * 1000)
        self._lifecycle = Lifecycle(self._repeat_ms)
        self._waiting: deque[_News] = deque()
        self._unrecorded: list[Notice] = []
        self.problem = ""
        self._ending = False
        self._loop = asyncio.new_event_loop()
        self._news = asyncio.Event()
        self._senders: list[Sender] = []
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        """Open the book; go on where the last life ended, or be silent until told to `lead`."""
        settings, sinks = self._settings, [sink.name for sink in self._settings.alerts]
        self._trusted = trusting(settings.ca)
        if settings.shares_its_store:
            # Only who uses it needs the driver.
            from tracker.alerts.shared import SharedBook

            self._book: Book | SharedBook = SharedBook(settings.store, sinks)
        else:
            self._book = self.book(settings.data / "alerts.sqlite", sinks)
            self._lifecycle.restored(self._book.take_over())
        self._thread.start()

    def took(self, conditions: Sequence[Condition]) -> None:
        """Conditions began or ended."""
        if conditions:
            self._tell(_News(conditions))

    def reconcile(self, holding: Iterable[Condition], over: Iterable[Condition] = ()) -> None:
        """After a replay: `holding` are all the conditions that hold, so what ended unseen is resolved. Those that are
        `over` and were never told of, because the process was killed in that very moment, are told of now."""
        self._tell(_News(tuple(holding), True, tuple(over)))

    def lead(self, holding: Iterable[Condition], over: Iterable[Condition] = ()) -> None:
        """Of several trackers with one store this one is to speak from now on: it goes on with the alerts of whoever
        spoke before, and reconciles them."""
        self.silent = False
        self._tell(_News(tuple(holding), True, tuple(over), takes_over=True))

    def problems(self) -> dict[str, str]:
        """Why the book, or a sink, takes nothing; empty texts where all is well."""
        problem = "" if self.silent else self.problem
        return {"alerts": problem} | {f"sink {sender.name}": sender.sent.problem for sender in self._senders}

    def firing(self) -> int:
        """How many alerts fire, of those that this tracker speaks of."""
        return 0 if self.silent else len(self._lifecycle)

    def owed(self) -> list[Owed]:
        """Each sink of the settings. Reads a file."""
        now_ms, owed = self._now_ms(), self._book.owed()
        sent = {sender.name: sender.sent for sender in self._senders}
        return [
            Owed(name, sent.get(name, Sent()), waiting, (now_ms - since) / 1000 if since else 0.0)
            for name, (waiting, since) in owed.items()
        ]

    def listed(self, firing: bool | None = None, size: int = 25, number: int = 1) -> tuple[list[Alert], int]:
        """A page of the alerts that fire, of the resolved ones, or of all; and how many there are. Reads a file."""
        return self._book.listed(firing, size, number)

    def stop(self, within_s: float = 6.0) -> None:
        """Keep what was taken and end; what is not sent yet is sent in the next life."""
        self._ending = True
        self._wake()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _tell(self, news: _News) -> None:
        if not self.silent:
            self._waiting.append(news)
            self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: what is not taken any more is reconciled in the next life
            self._loop.call_soon_threadsafe(self._news.set)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._live())
        except Exception as error:
            self.problem = f"no more alerts are sent: {type(error).__name__}"
        self._book.close()

    async def _live(self) -> None:
        settings = self._settings
        async with httpx.AsyncClient(
            proxy=settings.proxy, verify=self._trusted, trust_env=False, timeout=DEADLINE_S
        ) as client:
            self._senders = [
                self.sender(sink, self._book, client, Backoff(self._chance, most_s=LONGEST_BACKOFF_S), self._repeat_ms)
                for sink in settings.alerts
            ]
            sending = [asyncio.create_task(sender.run()) for sender in self._senders]
            ending = False
            while not ending:
                ending = self._ending  # whatever was taken before that is still said
                await self._say_what_is_due()
                if not ending:
                    await self._until_something_is_due()
            for task in sending:
                task.cancel()
            await asyncio.gather(*sending, return_exceptions=True)

    async def _until_something_is_due(self) -> None:
        due_ms = None if self.silent else self._lifecycle.next_due_ms()
        wait_s = None if due_ms is None else max(0.0, (due_ms - self._now_ms()) / 1000)
        if self.problem and not self.silent:
            wait_s = RECORD_AGAIN_S
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        self._news.clear()

    async def _say_what_is_due(self) -> None:
        while self._waiting:
            news = self._waiting.popleft()
            if news.all_of_them and not self.silent:
                try:
                    self._say(self._reconciled(news))
                except StoreFailed as error:
                    self.problem = f"the book cannot be read: {error}"
                    self._waiting.appendleft(news)
                    return  # it is read again in a moment
                continue
            for first in range(0, len(news.conditions), CHUNK):
                if self.silent:
                    break
                now_ms = self._now_ms()
                chunk = news.conditions[first : first + CHUNK]
                self._say([notice for one in chunk for notice in self._lifecycle.took(one, now_ms)])
                await asyncio.sleep(0)  # waits: for the senders' turn
        if not self.silent:
            self._say(self._lifecycle.due(self._now_ms()))

    def _reconciled(self, news: _News) -> list[Notice]:
        if news.takes_over:
            self._lifecycle.restored(self._book.take_over())
            self._unrecorded = []
            for sender in self._senders:
                sender.wake()  # what whoever spoke before could not send any more
        unheard, now_ms = self._book.unheard(news.over), self._now_ms()
        self.problem = ""
        return self._lifecycle.reconciled(news.conditions, now_ms) + self._lifecycle.missed(unheard, now_ms)

    def _say(self, notices: Sequence[Notice]) -> None:
        self._unrecorded += notices
        if not self._unrecorded:
            return
        try:
            self._book.record(self._unrecorded)
        except StoreFailed as error:
            self.problem = f"the book refuses notices: {error}"
            return  # they are tried again with the next ones, or in a moment
        self.problem, self._unrecorded = "", []
        for sender in self._senders:
            sender.wake()
