"""How long conversations stayed in each queue: percentiles over its newest visits. Pure."""

import math
from collections import deque
from dataclasses import dataclass

NEWEST = 1_000
MOST_QUEUES = 5_000


@dataclass(frozen=True)
class Percentiles:
    """Seconds, by the nearest rank over the newest 1,000 visits; `count` is all visits since the start."""

    count: int
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None


class Dwell:
    """The visits that ended since the start, queue by queue; of more than 5,000 queues the first ones are forgotten."""

    def __init__(self) -> None:
        self._newest: dict[str, deque[int]] = {}
        self._counts: dict[str, int] = {}

    def add(self, queue: str, dwell_ms: int) -> None:
        """A visit ended."""
        newest = self._newest.get(queue)
        if newest is None:
            newest = self._newest[queue] = deque(maxlen=NEWEST)
            self._counts[queue] = 0
            if len(self._newest) > MOST_QUEUES:
                first = next(iter(self._newest))
                del self._newest[first], self._counts[first]
        newest.append(dwell_ms)
        self._counts[queue] += 1

    def of(self, queue: str) -> Percentiles:
        """The percentiles of `queue`; no figures if no visit ended there."""
        values = sorted(self._newest.get(queue, ()))
        if not values:
            return Percentiles(0)
        p50, p95, p99 = (values[math.ceil(len(values) * share) - 1] / 1000 for share in (0.5, 0.95, 0.99))
        return Percentiles(self._counts[queue], p50, p95, p99)
