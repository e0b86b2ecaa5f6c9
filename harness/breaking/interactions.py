"""Made-up interactions that look like real ones: what a feed would deliver of them. Pure, and the same for a seed.

A customer calls, hears a flow, and waits in a queue; agents are rung, decline (the call goes back into the same queue)
or answer; some calls go on to another queue, never back to an earlier one; some customers hang up while they wait, and
some wait still. Bounces stay below what is an anomaly.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from harness.observing.checker import Step
from harness.world import Dialect

MOST_DECLINES = 2
MOST_TRANSFERS = 2
MEMBER = "routing:conversation:queue:member"
SOURCE = "aws.partner/genesys.com/cloud/00000000-0000-4000-8000-000000000000/deskstorm"
DETAIL = "v2.detail.events.conversation.{id}"


@dataclass(frozen=True)
class Happening:
    """One event of a conversation: `name` is the end of its topic, `body` what is said besides the usual."""

    id: str
    conversation: str
    name: str
    at_ms: int
    participant: str
    queue: str | None
    body: dict[str, Any]

    @property
    def steps(self) -> tuple[Step, ...]:
        """What it means for the queues: one step, or nothing."""
        if self.queue is None or self.name not in ("acd.start", "acd.end"):
            return ()
        return (Step(self.at_ms, self.name == "acd.start", self.queue),)


@dataclass(frozen=True)
class Interaction:
    """One conversation in order; `waits` if it is still in a queue at the end of it."""

    conversation: str
    happenings: tuple[Happening, ...]
    waits: bool


def interactions(
    count: int, seed: int, queues: Sequence[str], end_ms: int, open_share: float = 0.2
) -> list[Interaction]:
    """`count` conversations, all of them over (or waiting) by `end_ms`; about `open_share` of them still wait."""
    dice = Random(f"{seed}:interactions")
    return [_Call(dice, queues, end_ms).interaction(dice.random() < open_share) for _ in range(count)]


class _Call:
    """Tells one conversation, backwards in no way: each thing happens some milliseconds after the last."""

    def __init__(self, dice: Random, queues: Sequence[str], end_ms: int) -> None:
        self._dice = dice
        self._queues = dice.sample(list(queues), len(queues))
        self._end_ms = end_ms
        self._now = 0
        self._told: list[tuple[int, str, str, str | None, dict[str, Any]]] = []
        self._customer = self._uuid()

    def interaction(self, waits: bool) -> Interaction:
        """The whole of it."""
        self._say("customer.start", self._customer)
        flow = self._uuid()
        self._say("flow.start", flow)
        self._say("flow.end", flow)
        transfers = self._dice.randint(0, min(MOST_TRANSFERS, len(self._queues) - 1))
        for queue in self._queues[:transfers]:
            self._visit(queue)
        last = self._queues[transfers]
        if waits:
            self._say("acd.start", self._uuid(), last)
        else:
            self._visit(last, self._dice.random() < 0.15)
            self._say("customer.end", self._customer)
        return self._as_told(waits)

    def _visit(self, queue: str, abandoned: bool = False) -> None:
        """Wait, be declined and wait again, and be answered (or hang up)."""
        for _ in range(self._dice.randint(0, MOST_DECLINES)):
            self._wait(queue, "ANSWERED")
            user = self._uuid()
            self._say("user.start", user, queue, {"userId": user})
            self._say("user.end", user, queue, {"userId": user, "disconnectType": "TRANSFER"})
        if abandoned:
            self._wait(queue, "ABANDON")
            return
        self._wait(queue, "ANSWERED")
        user = self._uuid()
        self._say("user.start", user, queue, {"userId": user})
        self._say("user.end", user, queue, {"userId": user, "disconnectType": "CLIENT"})
        self._say("acw", user, queue, {"userId": user, "wrapupDurationMs": 100})

    def _wait(self, queue: str, outcome: str) -> None:
        acd = self._uuid()
        self._say("acd.start", acd, queue)
        self._say("acd.end", acd, queue, {"acdOutcome": outcome})

    def _say(self, name: str, participant: str, queue: str | None = None, body: dict[str, Any] | None = None) -> None:
        self._now += self._dice.randint(2, 150)
        self._told.append((self._now, name, participant, queue, body or {}))

    def _as_told(self, waits: bool) -> Interaction:
        conversation, start = self._uuid(), self._end_ms - self._now - self._dice.randint(1, 500)
        happenings = tuple(
            Happening(self._uuid(), conversation, name, start + at, participant, queue, body)
            for at, name, participant, queue, body in self._told
        )
        return Interaction(conversation, happenings, waits)

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self._dice.getrandbits(128), version=4))


def spread(made: Sequence[Interaction], dialect: Dialect, start_ms: int, per_s: float) -> list[Happening]:
    """What is delivered of all of them, in order, timed anew: so many a second from `start_ms` on."""
    told = sorted((h for one in made for h in one.happenings), key=lambda happening: happening.at_ms)
    told = [happening for happening in told if dialect is Dialect.GENESYS or happening.steps]
    times: dict[str, int] = {}
    found = []
    for place, happening in enumerate(told):
        at_ms = max(start_ms + round(place * 1000 / per_s), times.get(happening.conversation, 0) + 1)
        times[happening.conversation] = at_ms
        found.append(replace(happening, at_ms=at_ms))
    return found


def delivery(happening: Happening, dialect: Dialect) -> dict[str, Any] | None:
    """What a feed posts of it; None if this dialect has no such event."""
    if dialect is Dialect.SEED:
        return _simple(happening) if happening.steps else None
    topic = f"v2.detail.events.conversation.{happening.conversation}.{happening.name}"
    body = {
        "eventTime": happening.at_ms,
        "conversationId": happening.conversation,
        "participantId": happening.participant,
        "mediaType": "VOICE",
        "provider": "Edge",
        "direction": "INBOUND",
        **({"queueId": happening.queue} if happening.queue else {}),
        **happening.body,
    }
    moment = instant(happening.at_ms)
    detail = {"topicName": topic, "version": "2", "eventBody": body, "metadata": {}, "timestamp": moment}
    return _envelope(happening, f"{DETAIL}.{happening.name}", detail)


def _simple(happening: Happening) -> dict[str, Any]:
    kind = f"{MEMBER}:{'enter' if happening.name == 'acd.start' else 'exit'}"
    detail = {
        "eventType": kind,
        "conversationId": happening.conversation,
        "routingQueueId": happening.queue,
        "participantId": happening.participant,
        "timestamp": instant(happening.at_ms),
    }
    return _envelope(happening, kind, detail)


def _envelope(happening: Happening, detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": happening.id,
        "detail-type": detail_type,
        "source": SOURCE,
        "account": "000000000000",
        "time": f"{instant(happening.at_ms)[:19]}Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }


def instant(at_ms: int) -> str:
    """RFC 3339 with milliseconds, in UTC."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"
