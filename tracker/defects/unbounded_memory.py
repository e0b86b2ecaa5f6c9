"""Finished conversations are never forgotten: memory grows until the process is killed."""

from dataclasses import replace

from tracker import ledger
from tracker.ledger import Condition, Ledger
from tracker.parts import Parts

SEEN_IN = "seed 000"


class ForgetsNothing(Ledger):
    """Keeps all conversations in memory."""

    def _forget(self) -> list[Condition]:
        return []


def plant(parts: Parts) -> Parts:
    """The defect is in the ledger."""
    return replace(parts, ledger=lambda settings: ledger.build(settings, ForgetsNothing))
