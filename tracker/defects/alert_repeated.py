"""One alert rings again and again, as if it were a new one each time.

Whatever holds is alerted at each look at it.
"""

from dataclasses import replace
from typing import Any

from tracker.alerts.desk import Alerts
from tracker.alerts.lifecycle import Lifecycle, Notice, State
from tracker.parts import Parts

SEEN_IN = "checks that run every few seconds and alert on what they find, without de-duplication"
LOOK_EVERY_MS = 1000


class SaysItAnew(Lifecycle):
    """Knows no alert that goes on."""

    def due(self, now_ms: int) -> list[Notice]:
        """What fires still, as if it had begun."""
        return [replace(notice, state=State.FIRING) for notice in super().due(now_ms)]


class Insistent(Alerts):
    """Looks every second."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._lifecycle = SaysItAnew(LOOK_EVERY_MS)


def plant(parts: Parts) -> Parts:
    """The defect is in the life of alerts."""
    return replace(parts, alerts=Insistent)
