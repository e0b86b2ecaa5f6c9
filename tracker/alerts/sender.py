"""One sink's notices, in order, at the sink's pace, until it has them; other sinks have senders of their own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from tracker.alerts.lifecycle import Notice
from tracker.alerts.shapes import SHAPES
from tracker.backoff import Backoff
from tracker.settings import Sink
from tracker.store import StoreFailed

DEADLINE_S = 5.0
ALERTMANAGER_PATH = "/api/v2/alerts"
# The sink understood and does not want this very content; a mistake of the sink's is given some chances to pass.
REFUSALS = frozenset({400, 413, 422})
CHANCES = 5
LONGEST_ASKED_S = 60.0


@dataclass(frozen=True)
class Pace:
    """At most `per_second` requests, each with at most `batch` notices."""

    per_second: float
    batch: int


# In a storm nothing is left out. Slack takes one message a second for each webhook, so it gets digests; Alertmanager
# takes lists; the two others take notices one by one.
PACES = {
    "generic": Pace(200.0, 1),
    "slack": Pace(1.0, 500),
    "pagerduty": Pace(10.0, 1),
    "alertmanager": Pace(5.0, 500),
}


@dataclass(frozen=True)
class Sent:
    """What became of the notices for one sink since the start; `problem` is why the last request failed, if it did."""

    delivered: int = 0
    refused: int = 0
    failures: int = 0
    problem: str = ""


class Outbox(Protocol):
    """What a sender asks of the book of alerts; raises `StoreFailed`."""

    def waiting(self, sink: str, most: int) -> list[tuple[int, Notice]]:
        """The `most` notices that `sink` has not got for longest."""

    def delivered(self, sink: str, ids: Sequence[int]) -> None:
        """`sink` has these."""


def address_of(sink: Sink) -> str:
    """Where to post: the sink's address; of an Alertmanager the base address will do."""
    bare = sink.kind == "alertmanager" and urlsplit(sink.url).path in ("", "/")
    return sink.url.rstrip("/") + ALERTMANAGER_PATH if bare else sink.url


class Sender:
    """Sends what `book` holds for `sink`; `wake()` when there may be something new."""

    def __init__(self, sink: Sink, book: Outbox, client: httpx.AsyncClient, backoff: Backoff, repeat_ms: int) -> None:
        self.name = sink.name
        self.sent = Sent()
        self._sink = sink
        self._book = book
        self._client = client
        self._backoff = backoff
        self._repeat_ms = repeat_ms
        self._pace = PACES[sink.kind]
        self._batch = self._pace.batch
        self._refusals = 0  # in a row, of the one notice that goes first
        self._new = asyncio.Event()

    def wake(self) -> None:
        """There may be something new."""
        self._new.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            self._new.clear()
            try:
                batch = self._book.waiting(self.name, self._batch)
                pause = await self._send(batch) if batch else None
            except StoreFailed as error:
                pause = self._failed(f"the book: {error}", 0.0)
            if pause is None:
                await self._new.wait()
            else:
                await asyncio.sleep(pause)  # waits: the sink's pace, or the time it needs to recover

    async def _send(self, batch: Sequence[tuple[int, Notice]]) -> float:
        """Send one request; the seconds until the next one."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                answer = await self._post([notice for _, notice in batch])
        except (httpx.HTTPError, OSError) as error:
            return self._failed(f"{type(error).__name__}: {error}", 0.0)
        except Exception as error:  # what it says may show an address
            return self._failed(type(error).__name__, 0.0)
        if answer.is_success:
            return self._settled(batch, refused=False)
        problem = f"the sink answered {answer.status_code}"
        if answer.status_code in REFUSALS:
            return self._refused(batch, problem, _asked_s(answer))
        return self._failed(problem, _asked_s(answer))

    def _refused(self, batch: Sequence[tuple[int, Notice]], problem: str, asked_s: float) -> float:
        """Find the notice that the sink does not want: of many, half of them next; a single one gets its chances."""
        if len(batch) > 1:
            self._batch = len(batch) // 2
        else:
            self._refusals += 1
        if self._refusals > CHANCES:
            self.sent = replace(self.sent, problem=problem)
            return self._settled(batch, refused=True)
        return self._failed(problem, asked_s)

    async def _post(self, notices: Sequence[Notice]) -> httpx.Response:
        token = self._sink.token.value if self._sink.token else None
        body = SHAPES[self._sink.kind](notices, self._repeat_ms, token)
        # PagerDuty's token is in the body.
        bearer = {"Authorization": f"Bearer {token}"} if token and self._sink.kind != "pagerduty" else {}
        return await self._client.post(address_of(self._sink), json=body, headers=bearer)

    def _settled(self, batch: Sequence[tuple[int, Notice]], refused: bool) -> float:
        self._book.delivered(self.name, [number for number, _ in batch])
        self._backoff.succeeded()
        self._batch, self._refusals = min(self._pace.batch, self._batch * 2), 0
        if refused:
            self.sent = replace(self.sent, refused=self.sent.refused + len(batch))
        else:
            self.sent = replace(self.sent, delivered=self.sent.delivered + len(batch), problem="")
        return 1.0 / self._pace.per_second

    def _failed(self, problem: str, asked_s: float) -> float:
        self.sent = replace(self.sent, failures=self.sent.failures + 1, problem=problem)
        return self._backoff.failed(asked_s)


def _asked_s(answer: httpx.Response) -> float:
    try:
        return min(LONGEST_ASKED_S, max(0.0, float(answer.headers.get("Retry-After", "0"))))
    except ValueError:
        return 0.0
