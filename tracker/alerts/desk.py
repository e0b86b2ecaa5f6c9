"""The alerts of one tracker, in a thread of their own: conditions are taken in without waiting, notices go out."""

import asyncio
import sqlite3
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
from tracker.alerts.sender import DEADLINE_S, Sender, Sent, name_of
from tracker.backoff import Backoff
from tracker.settings import Settings
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


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Alerts:
    """`took` and `reconcile` may be called from any thread and do no I/O there; all is said in order. `silent` while
    another tracker with the same store speaks: both are passed over. `problem` says why the file takes nothing, if
    it does not."""

    book = Book
    sender = Sender

    def __init__(self, settings: Settings, now_ms: Callable[[], int] = _wall_ms, seed: int = 0) -> None:
        self.silent = False
        self._settings = settings
        self._now_ms = now_ms
        self._chance = Random(seed)
        self._repeat_ms = round(settings.alert_repeat_s * 1000)
        self._lifecycle = Lifecycle(self._repeat_ms)
        self._waiting: deque[tuple[bool, Sequence[Condition]]] = deque()
        self._over: list[Condition] = []
        self._unrecorded: list[Notice] = []
        self.problem = ""
        self._ending = False
        self._loop = asyncio.new_event_loop()
        self._news = asyncio.Event()
        self._senders: list[Sender] = []
        self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)

    def start(self) -> None:
        """Open the book and go on where the last life ended."""
        self._book = self.book(self._settings.data / "alerts.sqlite", [name_of(sink) for sink in self._settings.alerts])
        self._lifecycle.restored(self._book.firing())
        self._thread.start()

    def took(self, conditions: Sequence[Condition]) -> None:
        """Conditions began or ended."""
        if conditions and not self.silent:
            self._waiting.append((False, conditions))
            self._wake()

    def reconcile(self, holding: Iterable[Condition], over: Iterable[Condition] = ()) -> None:
        """After a replay: `holding` are all the conditions that hold, so what ended unseen is resolved. Those that are
        `over` and were never told of, because the process was killed in that very moment, are told of now."""
        if not self.silent:
            self._over += over
            self._waiting.append((True, tuple(holding)))
            self._wake()

    def problems(self) -> dict[str, str]:
        """Why the book, or a sink, takes nothing; empty texts where all is well."""
        return {"alerts": self.problem} | {f"sink {sender.name}": sender.sent.problem for sender in self._senders}

    def firing(self) -> int:
        """How many alerts fire."""
        return len(self._lifecycle)

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

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop is closed: what is not taken any more is reconciled in the next life
            self._loop.call_soon_threadsafe(self._news.set)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._live())
        self._book.close()

    async def _live(self) -> None:
        settings = self._settings
        verify = trusting(settings.ca)
        async with httpx.AsyncClient(
            proxy=settings.proxy, verify=verify, trust_env=False, timeout=DEADLINE_S
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
        due_ms = self._lifecycle.next_due_ms()
        wait_s = None if due_ms is None else max(0.0, (due_ms - self._now_ms()) / 1000)
        if self._unrecorded:
            wait_s = RECORD_AGAIN_S
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._news.wait()
        self._news.clear()

    async def _say_what_is_due(self) -> None:
        while self._waiting:
            all_of_them, conditions = self._waiting.popleft()
            if all_of_them:
                self._say(self._reconciled(conditions))
                continue
            for first in range(0, len(conditions), CHUNK):
                now_ms = self._now_ms()
                chunk = conditions[first : first + CHUNK]
                self._say([notice for one in chunk for notice in self._lifecycle.took(one, now_ms)])
                await asyncio.sleep(0)  # waits: for the senders' turn
        self._say(self._lifecycle.due(self._now_ms()))

    def _reconciled(self, holding: Sequence[Condition]) -> list[Notice]:
        over, self._over = self._over, []
        try:
            unheard = self._book.unheard(over)
        except sqlite3.Error as error:
            self.problem, unheard = f"the book cannot be read: {error}", []
        return self._lifecycle.reconciled(holding, self._now_ms()) + self._lifecycle.missed(unheard, self._now_ms())

    def _say(self, notices: Sequence[Notice]) -> None:
        self._unrecorded += notices
        if not self._unrecorded:
            return
        try:
            self._book.record(self._unrecorded)
        except sqlite3.Error as error:
            self.problem = f"the book refuses notices: {error}"
            return  # they are tried again with the next ones, or in a moment
        self.problem, self._unrecorded = "", []
        for sender in self._senders:
            sender.wake()
