"""The event feed: Amazon EventBridge deliveries to one URL, at least once, and in order only as long as all goes well.

An event waits a moment for the answer to the one before it of the same conversation, and no longer: what is slow or
sent again is overtaken.

An event that is not answered with a 2xx is sent again after 1 s, 2 s, 4 s ... at most 300 s (with jitter), for up to
four days, in real-world seconds scaled; Genesys retries that long when AWS is unreachable.

In the evidence: `cloud.feed.sent {event, conversation, topic, attempt}` before each attempt, `cloud.feed.answered
{event, status}` after it (status 0: no answer), `cloud.feed.dropped {topic}` for what is given up.
"""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx

from harness.errors import BadInput
from simulator.cloud.envelopes import envelope
from simulator.cloud.settings import DIALECTS, CloudSettings

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
GIVE_UP_SECONDS = 4 * 86_400.0
TIMEOUT_SECONDS = 30.0
MAX_EVENTS = 10_000
WORKERS = 32
TURN_SECONDS = 0.05  # of wall time


@dataclass(frozen=True)
class Line:
    """Where deliveries go: `url`, by `proxy` and with the bearer `token` if there are such, in `dialect`."""

    url: str
    proxy: str | None = None
    token: str | None = None
    dialect: str = "genesys"


@dataclass(frozen=True)
class Delivery:
    """One event on its way: what is posted, about what, first offered at `since` (monotonic), after `failures`."""

    event: dict[str, Any]
    topic: str
    conversation: str | None
    since: float
    failures: int = 0


class Turn:
    """One delivery among those of its conversation: whether it was sent, and answered or given up."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.over = asyncio.Event()


class Feed:
    """Delivers events by `line`. At most 10,000 wait; beyond that new ones are dropped, and the evidence says so."""

    def __init__(self, cloud: "Cloud", line: Line) -> None:
        self._cloud = cloud
        self._line = line
        self._chance = random.Random(cloud.settings.seed)
        self._due: asyncio.Queue[Delivery] = asyncio.Queue()
        self._unsent = 0
        self._workers: list[asyncio.Task[None]] = []
        self._client: httpx.AsyncClient | None = None
        self._turns: dict[str, Turn] = {}

    def start(self) -> None:
        """Deliver what happens from now on."""
        self._cloud.events.subscribe(self.offer)
        line, timeout = self._line, max(self._cloud.scaled(TIMEOUT_SECONDS), 1.0)
        headers = {"Authorization": f"Bearer {line.token}"} if line.token else {}
        self._client = httpx.AsyncClient(proxy=line.proxy, headers=headers, timeout=timeout, trust_env=False)
        self._workers = [asyncio.create_task(self._work(self._client)) for _ in range(WORKERS)]

    async def stop(self) -> None:
        """Deliver nothing more; may be called twice."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    def offer(self, topic: str, event_body: dict[str, Any]) -> None:
        """Queue an event, if the feed carries its topic."""
        event = envelope(self._cloud, topic, event_body, self._line.dialect)
        if event is None:
            return
        if self._unsent >= MAX_EVENTS:
            self._cloud.evidence.write("cloud.feed.dropped", topic=topic)
            return
        self._unsent += 1
        disorder = self._cloud.settings.switches.feed_disorder_seconds
        delivery = Delivery(event, topic, event_body.get("conversationId"), self._cloud.now())
        self._send_in(self._chance.uniform(0.0, disorder), delivery)

    async def _work(self, client: httpx.AsyncClient) -> None:
        while True:
            delivery = await self._due.get()
            async with self._turn(delivery.conversation):
                delivered = await self._delivered(client, delivery)
            if delivered:
                self._unsent -= 1
            else:
                self._retry(replace(delivery, failures=delivery.failures + 1))

    @contextlib.asynccontextmanager
    async def _turn(self, conversation: str | None) -> AsyncIterator[None]:
        """After the delivery before in the same conversation was answered, or after a moment."""
        if conversation is None:
            yield
            return
        before, mine = self._turns.get(conversation), Turn()
        self._turns[conversation] = mine
        try:
            if before is not None:
                await before.begun.wait()
                # Not wait_for: that of Python 3.11 loses a cancellation that comes as the wait ends.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(TURN_SECONDS):
                        await before.over.wait()
            mine.begun.set()
            yield
        finally:
            mine.begun.set()
            mine.over.set()
            if self._turns.get(conversation) is mine:
                del self._turns[conversation]

    async def _delivered(self, client: httpx.AsyncClient, delivery: Delivery) -> bool:
        id, evidence = delivery.event["id"], self._cloud.evidence
        about = {"conversation": delivery.conversation, "topic": delivery.topic}
        evidence.write("cloud.feed.sent", event=id, **about, attempt=delivery.failures + 1)
        try:
            status = (await client.post(self._line.url, json=delivery.event)).status_code
        except httpx.HTTPError:
            status = 0
        evidence.write("cloud.feed.answered", event=id, status=status)
        return 200 <= status < 300

    def _retry(self, delivery: Delivery) -> None:
        if self._cloud.now() - delivery.since > self._cloud.scaled(GIVE_UP_SECONDS):
            self._unsent -= 1
            self._cloud.evidence.write("cloud.feed.dropped", topic=delivery.topic)
            return
        longest = min(FIRST_RETRY_SECONDS * 2 ** min(delivery.failures - 1, 20), LONGEST_RETRY_SECONDS)
        self._send_in(longest * self._chance.uniform(0.5, 1.0), delivery)

    def _send_in(self, seconds: float, delivery: Delivery) -> None:
        if seconds:
            self._cloud.later(seconds, lambda: self._due.put_nowait(delivery))
        else:
            self._due.put_nowait(delivery)


def begin(cloud: "Cloud", line: Line) -> None:
    """Feed `line` from now on; `BadInput` if the cloud feeds one already, or does not know its dialect."""
    if cloud.feed is not None:
        raise BadInput("event feed", "no more than one", line.url)
    if line.dialect not in DIALECTS:
        raise BadInput("event feed dialect", f"one of {list(DIALECTS)}", line.dialect)
    cloud.feed = Feed(cloud, line)
    cloud.feed.start()


def line_of(settings: CloudSettings) -> Line:
    """The line that the settings name, which name one."""
    how = settings.event_feed_proxy, settings.event_feed_token, settings.event_feed_dialect
    return Line(str(settings.event_feed), *how)
