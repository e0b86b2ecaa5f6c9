"""An exit that arrives before its enter is dropped, and the dwell is wrong for ever.

Order is enforced instead of restored.
"""

from collections.abc import Iterable
from dataclasses import replace

from tracker import ledger
from tracker.defects import OneByOne
from tracker.events import Event, Kind
from tracker.ledger import Change, Condition
from tracker.parts import Parts

SEEN_IN = "seed 000"


class EnforcesOrder(OneByOne):
    """Takes an exit only from a queue that it knows to be entered."""

    def apply(self, event: Event) -> Change:
        """Nothing, for an exit without its enter."""
        if event.kind is Kind.ACD_END and not self._is_inside(event):
            return Change(applied=True)
        return super().apply(event)

    def load(self, conversation: str, events: Iterable[Event]) -> list[Condition]:
        """In the order in which they came, as they were taken the first time."""
        return [condition for event in events for condition in self.apply(event).conditions]

    def _is_inside(self, event: Event) -> bool:
        found = self.interaction(event.conversation)
        return found is not None and any(v.queue == event.queue and v.left_ms is None for v in found.visits)


def plant(parts: Parts) -> Parts:
    """The defect is in the ledger."""
    return replace(parts, ledger=lambda settings: ledger.build(settings, EnforcesOrder))
