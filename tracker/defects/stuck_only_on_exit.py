"""A conversation that never leaves a queue never alerts.

How long a stay lasted is looked at when it ends.
"""

from dataclasses import replace

from tracker import ledger
from tracker.defects import OneByOne
from tracker.events import Event
from tracker.ledger import Change, Condition, Visit
from tracker.ledger.memory import Record
from tracker.parts import Parts

SEEN_IN = "seed 000"


class LooksOnExit(OneByOne):
    """Has no deadlines."""

    def apply(self, event: Event) -> Change:
        """A stay that was too long is told, and over, when it is complete."""
        change = super().apply(event)
        late = [condition for visit in change.completed for condition in self._too_long(event.conversation, visit)]
        return replace(change, conditions=(*change.conditions, *late)) if late else change

    def _too_long(self, conversation: str, visit: Visit) -> list[Condition]:
        limit_s, dwell_s = self.thresholds.of(visit.queue).max_dwell_s, (visit.dwell_ms or 0) / 1000
        if dwell_s <= limit_s or visit.entered_ms is None:
            return []
        begun = Condition("stuck", conversation, visit.queue, visit.entered_ms, dwell_s, limit_s, True)
        return [begun, replace(begun, holds=False)]

    def _set_deadline(self, conversation: str, record: Record) -> None:
        """None."""


def plant(parts: Parts) -> Parts:
    """The defect is in the ledger."""
    return replace(parts, ledger=lambda settings: ledger.build(settings, LooksOnExit))
