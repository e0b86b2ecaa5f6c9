"""What a receiver keeps: points, and what arrived for a canary. Bounded: the oldest go first."""

import base64
import hashlib
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from simulator.receiver.lines import Point

MOST_ARRIVALS = 500
MOST_BODY_BYTES = 65_536


@dataclass(frozen=True)
class Arrival:
    """One request for canary `id`: `path` below it, the first 64 KiB of its body, and when (CLOCK_MONOTONIC, ns)."""

    id: str
    method: str
    path: str
    body: bytes
    length: int
    sha256: str
    t: int

    def as_json(self) -> dict[str, Any]:
        """`{"method", "path", "length", "sha256", "t", "body"}`, the body in base64."""
        return {
            "method": self.method,
            "path": self.path,
            "length": self.length,
            "sha256": self.sha256,
            "t": self.t,
            "body": base64.b64encode(self.body).decode(),
        }


class Shelf:
    """Points and arrivals, newest last."""

    def __init__(self, most_points: int) -> None:
        self.written = 0
        self._points: deque[Point] = deque(maxlen=most_points)
        self._arrivals: deque[Arrival] = deque(maxlen=MOST_ARRIVALS)

    def keep(self, points: Iterable[Point]) -> None:
        """Keep what a write brought."""
        before = self.written
        for point in points:
            self._points.append(point)
            before += 1
        self.written = before

    def points(self, conversation: str | None, most: int) -> list[Point]:
        """The newest `most` points, of all conversations or of the one that a tag or field names."""
        found = [point for point in self._points if conversation is None or conversation in _conversations(point)]
        return found[-most:]

    def arrived(self, id: str, method: str, path: str, body: bytes) -> None:
        """Record a request for canary `id`."""
        kept, digest = body[:MOST_BODY_BYTES], hashlib.sha256(body).hexdigest()
        self._arrivals.append(Arrival(id, method, path, kept, len(body), digest, time.monotonic_ns()))

    def arrivals(self, id: str) -> list[Arrival]:
        """What arrived for canary `id`, in order."""
        return [arrival for arrival in self._arrivals if arrival.id == id]


def _conversations(point: Point) -> list[object]:
    return [named.get(key) for named in (point.tags, point.fields) for key in ("conversation", "conversation_id")]
