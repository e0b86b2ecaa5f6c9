"""A tracker that answers as a test tells it, and what the evidence of a run with a tracker looks like."""

import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harness.observing.tracker import HEALTH
from harness.world import Dialect, Receiver, Tracker
from tests.answering import Told, answering
from tests.probes.conftest import BASE_NS, SCALE, Scene

BILLING, SALES = "billing", "sales"
MAX_DWELL_S = 100.0


@dataclass
class Answers:
    """What the tracker and the receiver say, by conversation or path."""

    health: dict[str, dict[str, Any] | int] = field(default_factory=dict)
    metrics: str | None = None
    listings: dict[str, list[str] | int] = field(default_factory=dict)
    points: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, path: str) -> Told:
        """The answer to one request."""
        parts = urlsplit(path)
        if parts.path == HEALTH:
            found = self.health.get(parse_qs(parts.query)["conversationId"][0], 404)
            return Told({}, found) if isinstance(found, int) else Told(found)
        if parts.path == "/api/v1/interactions":
            names = self.listings.get(parse_qs(parts.query)["state"][0], 404)
            if isinstance(names, int):
                return Told({}, names)
            return Told({"entities": [{"conversation_id": name} for name in names], "total": len(names)})
        if parts.path == "/metrics" and self.metrics is not None:
            return Told(self.metrics.encode())
        if parts.path == "/points":
            return Told({"points": self.points, "written": len(self.points)})
        return Told({}, 404)


def with_tracker(scene: Scene, handles: ExitStack, ours: bool = True) -> Answers:
    """Give the scene a tracker and a receiver that say nothing yet; a stay of 100 s and four entries are the limits."""
    answers = Answers()
    url = handles.enter_context(answering(answers.answer))
    dialect = Dialect.GENESYS if ours else Dialect.SEED
    tracker = Tracker(url, None, dialect, ours, max_dwell_s=MAX_DWELL_S, max_bounces=3)
    scene.world = replace(scene.world, tracker=tracker, receiver=Receiver(url, "token"))
    return answers


def iso(at_ms: int) -> str:
    """As trackers write times; `at_ms` counts from an arbitrary date."""
    return f"2026-11-20T12:{at_ms // 60_000:02d}:{at_ms // 1000 % 60:02d}.{at_ms % 1000:03d}Z"


def epoch_ms(at_ms: int) -> int:
    """The same as epoch milliseconds."""
    return 1_795_176_000_000 + at_ms


def health(*stays: tuple[str, int, int | None], **more: Any) -> dict[str, Any]:
    """A true answer about these stays: queue, entered and left in milliseconds."""
    steps = sorted(
        [(entered, "enter", queue) for queue, entered, _ in stays]
        + [(left, "exit", queue) for queue, _, left in stays if left is not None]
    )
    queues = [queue for queue, _, _ in stays]
    state = {
        "queue_id": next((queue for queue, _, left in reversed(stays) if left is None), None),
        "bounce_count": len(queues) - len(set(queues)),
        "transitions": [{"type": kind, "queue_id": queue, "timestamp": iso(at)} for at, kind, queue in steps],
        "visits": [
            {
                "queue_id": queue,
                "entered": iso(entered),
                "left": None if left is None else iso(left),
                "dwell_seconds": None if left is None else (left - entered) / 1000,
            }
            for queue, entered, left in stays
        ],
        "open": True,
    }
    answer = {"version": len(steps), "participants": [], "current_state": {**state, **more.pop("state", {})}}
    return {**answer, **more}


def visit(scene: Scene, conversation: str, queue: str, entered: int, left: int | None = None) -> None:
    """A stay in a queue, by the cloud's own state; times as in `health`."""
    about = {"conversation": conversation, "queue": queue, "participant": f"{conversation}-{queue}-{entered}"}
    times: dict[str, Any] = {
        "entered": epoch_ms(entered),
        "left": None if left is None else epoch_ms(left),
        "outcome": None,
    }
    scene.at(1, "cloud", "cloud.visit", **about, **times)


def call(scene: Scene, conversation: str, started: int, ended: int | None = None) -> None:
    """When a call began and ended, by the cloud's own state; times as in `health`."""
    times: dict[str, Any] = {"started": epoch_ms(started), "ended": None if ended is None else epoch_ms(ended)}
    scene.at(1, "cloud", "cloud.call", conversation=conversation, **times)


def fed(scene: Scene, event: str, conversation: str, kind: str, *statuses: int) -> None:
    """An event of the cloud's feed, answered with each of `statuses` in turn."""
    topic = f"v2.detail.events.conversation.{conversation}.{kind}"
    for attempt, status in enumerate(statuses, 1):
        scene.at(2, "cloud", "cloud.feed.sent", event=event, conversation=conversation, topic=topic, attempt=attempt)
        scene.at(2, "cloud", "cloud.feed.answered", event=event, status=status)


def delivered(
    scene: Scene, delivery: str, conversation: str, *steps: tuple[int, bool, str], taken: bool = True
) -> None:
    """A made-up delivery; times as in `health`."""
    told = [[epoch_ms(at), enters, queue] for at, enters, queue in steps]
    scene.at(3, "chaos", "delivery.invoked", delivery=delivery, conversation=conversation, attempt=1, steps=told)
    outcome = "ok" if taken else "unknown"
    scene.at(3, "chaos", f"delivery.{outcome}", delivery=delivery, conversation=conversation, status=200)


def seconds_ago(real_s: float) -> int:
    """Epoch milliseconds of a moment so many real-world seconds ago."""
    return int((time.time() - real_s * SCALE) * 1000)


def waits(
    scene: Scene, conversation: str, since_s: float, until_s: float | None = None, queue: str = BILLING, number: int = 1
) -> None:
    """A stay in a queue that began so many real-world seconds ago, and lasts unless `until_s` says when it ended."""
    about = {"conversation": conversation, "queue": queue, "participant": f"{conversation}-{number}", "outcome": None}
    left = None if until_s is None else seconds_ago(until_s)
    scene.at(1, "cloud", "cloud.visit", **about, entered=seconds_ago(since_s), left=left)


def alerted(scene: Scene, conversation: str | None, ago_s: float, state: str = "firing", **more: Any) -> None:
    """An alert that the receiver got so many real-world seconds ago."""
    real_s = (time.monotonic_ns() - BASE_NS) / 1e9 / SCALE - ago_s
    alert = {"sink": "generic", "alert": "stuck", "state": state, "conversation": conversation, "queue": BILLING}
    scene.at(real_s, "receiver", "alert.received", **{**alert, "key": "k", **more})
