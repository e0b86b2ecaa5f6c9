"""Planted, a read right after an event shows two versions at once; a moment later it does not."""

from pathlib import Path

from harness.waiting import until
from tests.tracker.ledger.test_ledger import C, entered, left, told
from tracker.defects import torn_read
from tracker.parts import Parts
from tracker.settings import Settings


def test_a_read_right_after_an_event_is_of_two_versions(tmp_path: Path) -> None:
    ledger = torn_read.plant(Parts()).ledger(Settings(tmp_path))
    torn = told(entered(1), left(2), ledger=ledger)
    assert (torn.version, torn.current_queue, len(torn.transitions)) == (1, "Billing", 2)
    whole = until(lambda: ledger.interaction(C).version == 2 and ledger.interaction(C), "the second step", 20)
    assert whole.current_queue is None
