"""Planted, what is over stays in memory; without it, it leaves."""

from pathlib import Path

from tests.tracker.ledger.test_ledger import due, ended
from tracker.defects import unbounded_memory
from tracker.parts import Parts
from tracker.settings import Settings


def test_what_is_over_leaves_memory_only_without_the_defect(tmp_path: Path) -> None:
    sizes = []
    for parts in (Parts(), unbounded_memory.plant(Parts())):
        ledger = parts.ledger(Settings(tmp_path, retention_s=10))
        due(ledger, 0)
        ledger.apply(ended(1))
        due(ledger, 100)
        sizes.append(ledger.size())
    assert sizes == [0, 1]
