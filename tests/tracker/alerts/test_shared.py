"""A book of alerts that several trackers share: what one keeps the others have; only who took over last keeps more."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.postgres import postgres
from tests.tracker.alerts.test_book import notice, states
from tests.tracker.alerts.test_desk import stuck
from tracker.alerts.lifecycle import State
from tracker.alerts.shared import SharedBook
from tracker.store import StoreFailed

pytestmark = pytest.mark.world


@pytest.fixture
def address() -> Iterator[str]:
    """An empty database."""
    with postgres() as found:
        yield found


def test_who_takes_over_has_all_of_it_and_who_spoke_before_says_nothing_more(address: str) -> None:
    first, second = SharedBook(address, ["one", "two"]), SharedBook(address, ["one", "two"])
    with closing(first), closing(second):
        assert first.take_over() == []
        first.record([notice(), notice("c-2")])
        first.delivered("one", [number for number, _ in first.waiting("one", 1)])
        assert [alert.key for alert in second.take_over()] == ["stuck:c-1:billing", "stuck:c-2:billing"]
        assert [said for _, said in second.waiting("one", 100)] == [notice("c-2")]
        assert [said for _, said in second.waiting("two", 100)] == [notice(), notice("c-2")]
        assert first.owed() == second.owed() == {"one": (1, 1000), "two": (2, 1000)}
        first.record([notice(state=State.RESOLVED, number=2, at_ms=2000), notice("c-3")])
        assert first.waiting("two", 100) == []
        assert second.listed(True, 10, 1) == ([notice().alert, notice("c-2").alert], 2)
        second.record([notice(state=State.RESOLVED, number=2, at_ms=2000)])
        assert [alert.key for alert in first.take_over()] == ["stuck:c-2:billing"]
        assert first.listed(False, 10, 1)[1] == 1
        assert first.unheard([stuck(1), stuck(3)]) == [stuck(3)]


def test_a_sink_that_is_down_for_long_owes_each_alert_a_few_notices_not_hundreds(address: str) -> None:
    with closing(SharedBook(address, ["down"])) as book:
        book.take_over()
        book.record([notice(), notice(state=State.STILL_FIRING, number=2, at_ms=2000)])
        for number in range(3, 20):
            book.record([notice(state=State.STILL_FIRING, number=number, at_ms=1000 * number)])
        book.record([notice(state=State.RESOLVED, number=20, at_ms=20_000)])
        assert states(book, "down") == ["firing", "resolved"]


def test_a_database_that_is_away_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(StoreFailed, match="keeping alerts"):
        SharedBook(f"postgresql://tracker@/postgres?host={tmp_path}", [])
