"""A slow time-series store stops all ingestion.

Each point is written where it arises, in the one place that all deliveries go through, and with nothing that ends a
write which takes long.
"""

from dataclasses import replace
from pathlib import Path

from tracker.metrics.points import Point, lines
from tracker.metrics.store import Outcome, Store
from tracker.metrics.writer import Metrics
from tracker.parts import Parts
from tracker.settings import Settings

SEEN_IN = "seed 000"
ALMOST_FOREVER_S = 120.0


class WritesInPlace(Metrics):
    """Writes each point on the caller's thread; what fails is forgotten."""

    def __init__(self, path: Path, store: Store) -> None:
        super().__init__(path)
        self._in_place = store

    def offer(self, point: Point) -> None:
        """Write it, however long that takes."""
        self._offered += 1
        outcome, problem = self._in_place.write(lines([point]))
        written = self._counts.written + (outcome is Outcome.WRITTEN)
        failures = self._counts.failures + (outcome is not Outcome.WRITTEN)
        self._counts = replace(self._counts, written=written, failures=failures, problem=problem)


def plant(parts: Parts) -> Parts:
    """The defect is in the metrics, where there is a store."""

    def metrics(settings: Settings) -> Metrics:
        healthy: Metrics = parts.metrics(settings)
        if settings.tsdb is None:
            return healthy
        patient = replace(settings.tsdb, deadline_s=ALMOST_FOREVER_S)
        return WritesInPlace(healthy.path, Store(patient, settings.proxy, settings.ca))

    return replace(parts, metrics=metrics)
