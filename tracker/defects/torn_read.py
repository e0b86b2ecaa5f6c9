"""Diagnostics read while a write is in progress show a state that never was.

An event changes a conversation in two steps, and a read may come between them.
"""

import time
from dataclasses import replace
from typing import Any

from tracker import ledger
from tracker.defects import OneByOne
from tracker.events import Event
from tracker.ledger import Change, Interaction
from tracker.parts import Parts

SEEN_IN = "seed 000"
BETWEEN_S = 0.25


class WritesInTwoSteps(OneByOne):
    """First the visits, and a quarter of a second later what they amount to."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._before: dict[str, tuple[float, Interaction]] = {}

    def apply(self, event: Event) -> Change:
        """The first step; the second one is a matter of time."""
        before = super().interaction(event.conversation)
        change = super().apply(event)
        while self._before and next(iter(self._before.values()))[0] < time.monotonic():
            del self._before[next(iter(self._before))]
        if change.applied and before is not None:
            self._before.pop(event.conversation, None)
            self._before[event.conversation] = (time.monotonic() + BETWEEN_S, before)
        return change

    def interaction(self, conversation: str) -> Interaction | None:
        """Visits and transitions of now; version, queue and bounces of before, for a while."""
        now = super().interaction(conversation)
        until, before = self._before.get(conversation, (0.0, None))
        if now is None or before is None or until < time.monotonic():
            return now
        return replace(
            now,
            version=before.version,
            current_queue=before.current_queue,
            entered_ms=before.entered_ms,
            bounces=before.bounces,
            bounce_ratio=before.bounce_ratio,
        )


def plant(parts: Parts) -> Parts:
    """The defect is in the ledger."""
    return replace(parts, ledger=lambda settings: ledger.build(settings, WritesInTwoSteps))
