"""Finished conversations are never forgotten: memory grows until the process is killed."""

from dataclasses import replace
from typing import Any

from tracker import ledger
from tracker.ledger import Ledger
from tracker.parts import Parts

SEEN_IN = "seed 000"


class ForgetsNothing(Ledger):
    """Keeps all conversations in memory."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for shelf in (self._memory.over, self._memory.talking, self._memory.queued):
            shelf.most = shelf.silence_ms = 2**62


def plant(parts: Parts) -> Parts:
    """The defect is in the ledger."""
    return replace(parts, ledger=lambda settings: ledger.build(settings, ForgetsNothing))
