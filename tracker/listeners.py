"""Who hears of what the book applied: the metrics, the alerts, the percentiles. None of them keeps the book waiting."""

from collections.abc import Sequence

from tracker.alerts.desk import Alerts
from tracker.dwell import Dwell
from tracker.events import Event
from tracker.ledger import Change, Condition, Ledger, Visit
from tracker.metrics.points import Point, Status
from tracker.metrics.writer import Metrics

# Before the last sign of life. Far longer than points stay in memory alone, and short enough to tell little twice.
RECALLED_S = 60.0


class Listeners:
    """Passes on what the book tells."""

    def __init__(self, ledger: Ledger, metrics: Metrics, alerts: Alerts) -> None:
        self.dwell = Dwell()
        self._ledger = ledger
        self._metrics = metrics
        self._alerts = alerts

    def changed(self, event: Event, change: Change) -> None:
        """An event was new."""
        if change.conditions:
            self._alerts.took(change.conditions)
        for visit in change.completed:
            self._visited(event.conversation, visit)

    def recalled(self, conversation: str) -> None:
        """A conversation is known again after a start: its last stays are told once more, for a life that was ended by
        force may have kept their points in memory. The same point written twice is one point in the store."""
        interaction = self._ledger.interaction(conversation)
        since_ms = int((self._metrics.last_life_s - RECALLED_S) * 1000)
        for visit in interaction.visits if interaction else ():
            if visit.left_ms is not None and visit.left_ms >= since_ms:
                self._visited(conversation, visit)

    def alarmed(self, conditions: Sequence[Condition]) -> None:
        """Time brought these."""
        self._alerts.took(conditions)

    def led(self, leads: bool) -> None:
        """This one of several trackers with one store is to speak of conditions from now on, or not to."""
        if leads:
            self._alerts.lead(self._ledger.conditions(), self._ledger.over())
        else:
            self._alerts.silent = True

    def _visited(self, conversation: str, visit: Visit) -> None:
        if visit.dwell_ms is None or visit.left_ms is None:
            return
        self.dwell.add(visit.queue, visit.dwell_ms)
        dwell_s = visit.dwell_ms / 1000
        # As of the end of the stay: told again later it is the same point.
        bounces = self._ledger.bounces(conversation, visit.queue, visit.left_ms)
        limits = self._ledger.thresholds.of(visit.queue)
        status = Status.NORMAL
        if bounces > limits.max_bounces:
            status = Status.ANOMALOUS
        elif dwell_s > limits.max_dwell_s:
            status = Status.STUCK
        self._metrics.offer(Point(visit.queue, status, dwell_s, bounces, conversation, visit.left_ms))
