"""Planted, who is stuck is told when it is over; not before."""

from pathlib import Path

from tests.tracker.ledger.test_ledger import due, entered, left
from tracker.defects import stuck_only_on_exit
from tracker.parts import Parts
from tracker.settings import Settings


def test_who_is_stuck_is_told_only_on_exit(tmp_path: Path) -> None:
    ledger = stuck_only_on_exit.plant(Parts()).ledger(Settings(tmp_path))
    ledger.apply(entered(0))
    assert (due(ledger, 1000), ledger.next_deadline()) == ([], None)
    told = ledger.apply(left(1001)).conditions
    assert [(c.kind, c.value, c.holds) for c in told] == [("stuck", 1001, True), ("stuck", 1001, False)]
