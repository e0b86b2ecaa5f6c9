"""What Prometheus sees. The numbers are counted where things happen, and read from there when somebody looks."""

import asyncio
import contextlib
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from tracker.alerts.desk import Owed
from tracker.store import StoreFailed

if TYPE_CHECKING:
    from tracker.service.tracker import Tracker

# How deliveries are refused before anything in them is looked at; named here, so that the first one is an increase.
REFUSALS = (401, 403, 413, 415)
BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Latency:
    """How long deliveries took, in buckets; observing one costs a fraction of what the library's histogram does."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._sum_s = 0.0

    def observe(self, seconds: float) -> None:
        """One delivery was answered after `seconds`."""
        self._counts[bisect_left(BOUNDS_S, seconds)] += 1
        self._sum_s += seconds

    def family(self) -> HistogramMetricFamily:
        """As the library shows it: each bucket counts all up to its bound."""
        total = 0
        buckets = []
        for bound, count in zip([*map(str, BOUNDS_S), "+Inf"], self._counts, strict=True):
            total += count
            buckets.append((bound, float(total)))
        return HistogramMetricFamily(
            "tracker_delivery_seconds", "From a delivery's headers to its answer", buckets, self._sum_s
        )


class Gauges(Collector):
    """The numbers of one tracker, in a registry of their own."""

    def __init__(self, tracker: "Tracker") -> None:
        self.latency = Latency()
        self._tracker = tracker
        self._owed: list[Owed] = []
        self._refused = dict.fromkeys(REFUSALS, 0)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def refused(self, status: int) -> None:
        """A delivery was refused with this status."""
        self._refused[status] += 1

    async def text(self) -> bytes:
        """Prometheus' text format. What sinks are owed is that of the last time if the book cannot say."""
        with contextlib.suppress(StoreFailed):
            self._owed = await asyncio.to_thread(self._tracker.alerts.owed)
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Every number as it is now."""
        yield self._events()
        yield _counter("tracker_deliveries_unkept", "Deliveries answered 503", self._tracker.intake.tally.unkept)
        yield self._refusals()
        yield self.latency.family()
        yield self._interactions()
        yield _gauge("tracker_deliveries_waiting", "Deliveries that wait for the store", self._tracker.book.waiting())
        yield _gauge("tracker_ready", "Whether deliveries are taken", not self._tracker.unready)
        yield from self._points()
        yield _gauge("tracker_alerts_firing", "Alerts that fire", self._tracker.alerts.firing())
        yield from self._notices()
        yield from self._asked()

    def describe(self) -> Iterator[Metric]:
        """Nothing before the tracker lives."""
        return iter(())

    def _events(self) -> Metric:
        family = CounterMetricFamily("tracker_events", "Events, by what became of them", labels=["outcome"])
        tally = self._tracker.intake.tally
        for outcome in ("accepted", "duplicates", "unsupported", "rejected"):
            family.add_metric([outcome], getattr(tally, outcome))
        return family

    def _refusals(self) -> Metric:
        family = CounterMetricFamily("tracker_deliveries_refused", "Deliveries refused unread", labels=["status"])
        for status, count in self._refused.items():
            family.add_metric([str(status)], count)
        return family

    def _interactions(self) -> Metric:
        family = GaugeMetricFamily("tracker_interactions", "Conversations in memory, by state", labels=["state"])
        for state in ("open", "stuck", "anomalous"):
            family.add_metric([state], self._tracker.listing(state, 0, 0)[1])
        family.add_metric(["all"], self._tracker.ledger.size())
        return family

    def _points(self) -> Iterator[Metric]:
        counts = self._tracker.metrics.counts()
        family = CounterMetricFamily(
            "tracker_points", "Points of the time series, by what became of them", labels=["outcome"]
        )
        for outcome in ("offered", "lost", "dropped", "written", "refused"):
            family.add_metric([outcome], getattr(counts, outcome))
        yield family
        yield _counter("tracker_tsdb_failures", "Writes to the time-series store that failed", counts.failures)
        yield _gauge("tracker_spool_points", "Points on disk", counts.spooled)

    def _notices(self) -> Iterator[Metric]:
        waiting = GaugeMetricFamily("tracker_notices_waiting", "Notices that a sink has not got", labels=["sink"])
        oldest = GaugeMetricFamily("tracker_notices_oldest_seconds", "How long the oldest waits", labels=["sink"])
        sent = CounterMetricFamily("tracker_notices", "Notices, by what became of them", labels=["sink", "outcome"])
        for owed in self._owed:
            waiting.add_metric([owed.sink], owed.waiting)
            oldest.add_metric([owed.sink], owed.oldest_s)
            for outcome in ("delivered", "refused", "failures"):
                sent.add_metric([owed.sink, outcome], getattr(owed.sent, outcome))
        yield from (waiting, oldest, sent)

    def _asked(self) -> Iterator[Metric]:
        if self._tracker.diagnostics is None:
            return
        family = CounterMetricFamily(
            "tracker_cloud_questions", "Questions to the cloud, by outcome", labels=["outcome"]
        )
        for outcome in ("answered", "failed", "refused"):
            family.add_metric([outcome], getattr(self._tracker.diagnostics.asked, outcome))
        yield family


def _counter(name: str, help_text: str, value: float) -> Metric:
    return CounterMetricFamily(name, help_text, value=value)


def _gauge(name: str, help_text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_text, value=float(value))
