"""The event feed: Amazon EventBridge deliveries to one URL, at least once, in no order.

An event that is not answered with a 2xx is sent again after 1 s, 2 s, 4 s ... at most 300 s (with jitter), for up to
four days, in real-world seconds scaled; Genesys retries that long when AWS is unreachable.
"""

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx

from simulator.cloud.cloud import instant
from simulator.cloud.topics import template_of

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 300.0
GIVE_UP_SECONDS = 4 * 86_400.0
TIMEOUT_SECONDS = 30.0
MAX_EVENTS = 10_000
WORKERS = 4


class Feed:
    """Delivers events to `url`. At most 10,000 wait; beyond that the new ones are dropped, and the evidence says so."""

    def __init__(self, cloud: "Cloud", url: str) -> None:
        self._cloud = cloud
        self._url = url
        self._chance = random.Random(cloud.settings.seed)
        self._due: asyncio.Queue[tuple[dict[str, Any], int, float]] = asyncio.Queue()
        self._unsent = 0
        cloud.events.subscribe(self.offer)

    def offer(self, topic: str, event_body: dict[str, Any]) -> None:
        """Queue an event, if the feed carries its topic."""
        template = template_of(topic)
        if template is None or not template.for_feed:
            return
        if self._unsent >= MAX_EVENTS:
            self._cloud.evidence.write("cloud.feed.dropped", topic=topic)
            return
        self._unsent += 1
        disorder = self._cloud.settings.switches.feed_disorder_seconds
        delivery = (envelope(self._cloud, template.id, topic, event_body), 0, self._cloud.now())
        self._send_in(self._chance.uniform(0.0, disorder), delivery)

    async def work(self) -> None:
        """Deliver what is due, until cancelled."""
        timeout = max(self._cloud.scaled(TIMEOUT_SECONDS), 1.0)
        async with httpx.AsyncClient(timeout=timeout, trust_env=False) as client:
            while True:
                event, failures, since = await self._due.get()
                if await self._delivered(client, event):
                    self._unsent -= 1
                else:
                    self._retry(event, failures + 1, since)

    async def _delivered(self, client: httpx.AsyncClient, event: dict[str, Any]) -> bool:
        try:
            return (await client.post(self._url, json=event)).is_success
        except httpx.HTTPError:
            return False

    def _retry(self, event: dict[str, Any], failures: int, since: float) -> None:
        if self._cloud.now() - since > self._cloud.scaled(GIVE_UP_SECONDS):
            self._unsent -= 1
            self._cloud.evidence.write("cloud.feed.dropped", topic=event["detail"]["topicName"])
            return
        longest = min(FIRST_RETRY_SECONDS * 2 ** min(failures - 1, 20), LONGEST_RETRY_SECONDS)
        self._send_in(longest * self._chance.uniform(0.5, 1.0), (event, failures, since))

    def _send_in(self, seconds: float, delivery: tuple[dict[str, Any], int, float]) -> None:
        if seconds:
            self._cloud.later(seconds, lambda: self._due.put_nowait(delivery))
        else:
            self._due.put_nowait(delivery)


def envelope(cloud: "Cloud", template: str, topic: str, event_body: dict[str, Any]) -> dict[str, Any]:
    """An event as EventBridge delivers it."""
    now = instant(cloud.wall())
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": template,
        "source": f"aws.partner/genesys.com/cloud/{cloud.organization_id}/deskstorm",
        "account": "000000000000",
        "time": f"{now[:19]}Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "topicName": topic,
            "version": "2",
            "eventBody": event_body,
            "metadata": {"CorrelationId": str(uuid.uuid4())},
            "timestamp": now,
        },
    }


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
