"""Planted, an exit that comes first is lost; in order all is well."""

from pathlib import Path

from tests.tracker.ledger.test_ledger import entered, left, told
from tracker.defects import exit_before_enter_lost
from tracker.parts import Parts
from tracker.settings import Settings


def test_an_exit_that_comes_first_is_lost(tmp_path: Path) -> None:
    parts = exit_before_enter_lost.plant(Parts())
    settings = Settings(tmp_path)
    found = told(left(40), entered(10), ledger=parts.ledger(settings))
    assert (found.current_queue, found.visits[0].dwell_ms) == ("Billing", None)
    found = told(entered(10), left(40), ledger=parts.ledger(settings))
    assert (found.current_queue, found.visits[0].dwell_ms) == (None, 30_000)
