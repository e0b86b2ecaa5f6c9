"""What the book has is there after a restart, and a notice goes only when every sink has it."""

from pathlib import Path

from tracker.alerts.book import Book
from tracker.alerts.lifecycle import Alert, Notice, State
from tracker.alerts.sender import Outbox


def notice(conversation: str = "c-1", state: State = State.FIRING, number: int = 1, at_ms: int = 1000) -> Notice:
    ended = at_ms if state is State.RESOLVED else None
    return Notice(state, at_ms, Alert("stuck", conversation, "billing", 500, 300.0, 299.0, number, at_ms, ended))


def states(book: Outbox, sink: str) -> list[str]:
    return [str(said.state) for _, said in book.waiting(sink, 100)]


def test_notices_wait_for_each_sink_on_its_own_and_over_a_restart(tmp_path: Path) -> None:
    book = Book(tmp_path / "a.sqlite", ["one", "two"])
    book.record([notice(), notice("c-2")])
    book.delivered("one", [number for number, _ in book.waiting("one", 1)])
    book.close()
    again = Book(tmp_path / "a.sqlite", ["one", "two"])
    assert [said for _, said in again.waiting("one", 100)] == [notice("c-2")]
    assert [said for _, said in again.waiting("two", 100)] == [notice(), notice("c-2")]
    assert again.owed() == {"one": (1, 1000), "two": (2, 1000)}
    assert [alert.key for alert in again.take_over()] == ["stuck:c-1:billing", "stuck:c-2:billing"]
    again.close()


def test_a_sink_that_is_down_for_long_owes_each_alert_a_few_notices_not_hundreds(tmp_path: Path) -> None:
    book = Book(tmp_path / "a.sqlite", ["up", "down"])
    book.record([notice()])
    book.delivered("up", [number for number, _ in book.waiting("up", 1)])
    for number in range(2, 50):
        book.record([notice(state=State.STILL_FIRING, number=number, at_ms=1000 * number)])
        book.delivered("up", [number for number, _ in book.waiting("up", 1)])
    book.record([notice(state=State.RESOLVED, number=50, at_ms=50_000)])
    assert states(book, "down") == ["firing", "resolved"]
    assert states(book, "up") == ["resolved"]
    book.close()


def test_alerts_are_listed_in_pages_those_that_fire_first(tmp_path: Path) -> None:
    book = Book(tmp_path / "a.sqlite", [])
    book.record([notice(f"c-{number}") for number in range(5)])
    book.record([notice("c-0", State.RESOLVED, 2, 2000)])
    assert [[alert.conversation for alert in book.listed(None, 3, page)[0]] for page in (1, 2, 3)] == [
        ["c-1", "c-2", "c-3"],
        ["c-4", "c-0"],
        [],
    ]
    assert book.listed(True, 10, 1)[1] == 4
    assert book.listed(False, 10, 1) == ([notice("c-0", State.RESOLVED, 2, 2000).alert], 1)
    book.close()


def test_a_sink_that_is_no_more_holds_no_notice_back(tmp_path: Path) -> None:
    book = Book(tmp_path / "a.sqlite", ["gone", "stays"])
    book.record([notice()])
    book.close()
    again = Book(tmp_path / "a.sqlite", ["stays"])
    again.delivered("stays", [number for number, _ in again.waiting("stays", 1)])
    assert again.owed() == {"stays": (0, None)}
    again.close()
