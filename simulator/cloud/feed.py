"""The event feed: Amazon EventBridge deliveries to one URL, at least once, in no order.

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

from simulator.cloud.envelopes import envelope

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
GIVE_UP_SECONDS = 4 * 86_400.0
TIMEOUT_SECONDS = 30.0
MAX_EVENTS = 10_000
WORKERS = 8


@dataclass(frozen=True)
class Delivery:
    """One event on its way: what is posted, about what, first offered at `since` (monotonic), after `failures`."""

    event: dict[str, Any]
    topic: str
    conversation: str | None
    since: float
    failures: int = 0


class Feed:
    """Delivers events to `url`. At most 10,000 wait; beyond that the new ones are dropped, and the evidence says so."""

    def __init__(self, cloud: "Cloud", url: str) -> None:
        self._cloud = cloud
        self._url = url
        self._chance = random.Random(cloud.settings.seed)
        self._due: asyncio.Queue[Delivery] = asyncio.Queue()
        self._unsent = 0
        cloud.events.subscribe(self.offer)

    def offer(self, topic: str, event_body: dict[str, Any]) -> None:
        """Queue an event, if the feed carries its topic."""
        event = envelope(self._cloud, topic, event_body)
        if event is None:
            return
        if self._unsent >= MAX_EVENTS:
            self._cloud.evidence.write("cloud.feed.dropped", topic=topic)
            return
        self._unsent += 1
        disorder = self._cloud.settings.switches.feed_disorder_seconds
        delivery = Delivery(event, topic, event_body.get("conversationId"), self._cloud.now())
        self._send_in(self._chance.uniform(0.0, disorder), delivery)

    async def work(self) -> None:
        """Deliver what is due, until cancelled."""
        settings = self._cloud.settings
        timeout = max(self._cloud.scaled(TIMEOUT_SECONDS), 1.0)
        headers = {"Authorization": f"Bearer {settings.event_feed_token}"} if settings.event_feed_token else {}
        async with httpx.AsyncClient(
            proxy=settings.event_feed_proxy, headers=headers, timeout=timeout, trust_env=False
        ) as client:
            while True:
                delivery = await self._due.get()
                if await self._delivered(client, delivery):
                    self._unsent -= 1
                else:
                    self._retry(replace(delivery, failures=delivery.failures + 1))

    async def _delivered(self, client: httpx.AsyncClient, delivery: Delivery) -> bool:
        id, evidence = delivery.event["id"], self._cloud.evidence
        about = {"conversation": delivery.conversation, "topic": delivery.topic}
        evidence.write("cloud.feed.sent", event=id, **about, attempt=delivery.failures + 1)
        try:
            status = (await client.post(self._url, json=delivery.event)).status_code
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


@contextlib.asynccontextmanager
async def running(cloud: "Cloud", url: str) -> AsyncIterator[None]:
    """Deliver the cloud's events to `url` while inside."""
    feed = Feed(cloud, url)
    workers = [asyncio.create_task(feed.work()) for _ in range(WORKERS)]
    try:
        yield
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
