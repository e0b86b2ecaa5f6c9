"""Spans, windows and recovery, from lines of evidence."""

from typing import Any

import pytest

from harness.errors import BadInput, NoEvidence
from harness.evidence import Entry, Evidence
from harness.observing.history import (
    FaultWindow,
    Outage,
    Span,
    fault_windows,
    good_since,
    merged,
    most_at_once,
    network_windows,
    outages,
    phase_span,
    socket_spans,
)


def entry(t: int, kind: str, agent: str | None = None, source: str = "wire", **fields: Any) -> Entry:
    """One line."""
    return Entry(t, source, kind, agent, fields)


def evidence(*entries: Entry) -> Evidence:
    """Lines in order of time."""
    return Evidence(tuple(sorted(entries, key=lambda one: one.t)))


def test_a_socket_lasts_from_its_opening_to_its_close_and_the_wire_is_believed_first() -> None:
    found = evidence(
        entry(1, "ws.open", "a", socket=1),
        entry(5, "ws.close", "a", socket=1),
        entry(7, "ws.open", "a", socket=2),
        entry(3, "socket.open", "a", source="crowd", socket=9),
        entry(4, "ws.open", "somebody else", socket=3),
    )
    assert socket_spans(found, ["a", "b"]) == {"a": [Span(1, 5), Span(7)], "b": []}


def test_without_a_wire_the_desktops_are_believed() -> None:
    found = evidence(
        entry(3, "socket.open", "a", source="crowd", socket=9),
        entry(4, "socket.closed", "a", source="crowd", socket=9),
    )
    assert socket_spans(found, ["a"]) == {"a": [Span(3, 4)]}


def broken_network(*entries: Entry) -> Evidence:
    """The same agent on the wire and at its desktop, which gives its first socket up; the wire hears of it later."""
    return evidence(
        entry(10, "ws.open", "a", socket=7),
        entry(9, "socket.open", "a", source="crowd", socket=1),
        entry(30, "socket.closed", "a", source="crowd", socket=1),
        entry(41, "ws.open", "a", socket=8),
        entry(42, "socket.open", "a", source="crowd", socket=2),
        entry(60, "ws.close", "a", socket=7),
        *entries,
    )


def test_what_a_desktop_gives_up_on_a_broken_network_is_over_though_the_wire_hears_of_it_later() -> None:
    found = broken_network(
        entry(20, "fault.ordered", fault="blackhole", lease="1", expected={"ways": ["to_desktops"]}),
        entry(40, "fault.cleared_seen", fault="blackhole", lease="1"),
    )
    assert [window.fault for window in network_windows(found)] == ["blackhole"]
    assert socket_spans(found, ["a"]) == {"a": [Span(10, 30), Span(41)]}


def test_without_a_broken_network_the_wire_hears_of_everything() -> None:
    found = broken_network(entry(20, "fault.ordered", fault="ws_stall", lease="1", expected={"parameters": {}}))
    assert network_windows(found) == []
    assert socket_spans(found, ["a"]) == {"a": [Span(10, 60), Span(41)]}


@pytest.mark.parametrize(
    ("spans", "result"),
    [
        ([], []),
        ([Span(1, 3), Span(5, 7)], [Span(1, 3), Span(5, 7)]),
        ([Span(5, 7), Span(1, 6)], [Span(1, 7)]),
        ([Span(1, 3), Span(3, 4)], [Span(1, 4)]),
        ([Span(1, None), Span(5, 7)], [Span(1, None)]),
        ([Span(1, 5), Span(2, None)], [Span(1, None)]),
        ([Span(1, 9), Span(2, 3)], [Span(1, 9)]),
    ],
)
def test_overlapping_spans_become_one(spans: list[Span], result: list[Span]) -> None:
    assert merged(spans) == result


@pytest.mark.parametrize(
    ("spans", "grace", "most"),
    [
        ([], 0, 0),
        ([Span(1, 5), Span(5, 9)], 0, 1),
        ([Span(1, 6), Span(5, 9)], 0, 2),
        ([Span(1, 6), Span(5, 9)], 1, 1),
        ([Span(1, None), Span(5, 9), Span(6, 7)], 0, 3),
        ([Span(1, None), Span(5, 9), Span(6, 7)], 2, 2),
        ([Span(1, 2)], 5, 1),
    ],
)
def test_the_most_at_once_leaves_out_what_is_on_its_way_out(spans: list[Span], grace: int, most: int) -> None:
    assert most_at_once(spans, grace) == most


def test_an_outage_lasts_until_any_socket_is_open_again() -> None:
    found = evidence(
        entry(1, "ws.open", "a", socket=1),
        entry(2, "ws.open", "a", socket=2),
        entry(5, "ws.close", "a", socket=1),
        entry(6, "ws.close", "a", socket=2),
        entry(9, "ws.open", "a", socket=3),
        entry(10, "ws.close", "a", socket=3),
    )
    assert outages(found, ["a"], since=0) == [Outage("a", 6, 9), Outage("a", 10, None)]
    assert outages(found, ["a"], since=7) == [Outage("a", 10, None)]


def test_a_fault_is_known_from_its_order_to_its_end() -> None:
    found = evidence(
        entry(1, "fault.ordered", fault="x", lease="1"),
        entry(2, "fault.seen", fault="x", lease="1"),
        entry(3, "fault.ordered", fault="y", lease="2"),
        entry(4, "fault.cleared_seen", fault="x", lease="1"),
        entry(5, "fault.cleared_seen", fault="x", lease="1"),
        entry(6, "lease.undone", fault="y", lease="2"),
    )
    assert fault_windows(found) == [FaultWindow("x", "1", 1, 2, 4), FaultWindow("y", "2", 3, None, 6)]


def test_a_clearing_without_a_lease_is_for_every_fault_of_that_name() -> None:
    found = evidence(
        entry(1, "fault.ordered", fault="x", lease="1"),
        entry(2, "fault.ordered", fault="x", lease="2"),
        entry(4, "fault.cleared_seen", fault="x", lease=None),
    )
    assert [window.cleared for window in fault_windows(found)] == [4, 4]


def test_the_phases_follow_from_the_first_order_and_the_last_clearing() -> None:
    found = evidence(
        entry(10, "fault.ordered", fault="x", lease="1"),
        entry(12, "fault.ordered", fault="y", lease="2"),
        entry(20, "fault.cleared_seen", fault="x", lease="1"),
        entry(30, "fault.cleared_seen", fault="y", lease="2"),
    )
    assert phase_span(found, "before", "q") == Span(0, 10)
    assert phase_span(found, "during", "q") == Span(10, 30)
    assert phase_span(found, "after", "q") == Span(30)
    assert phase_span(found, "all", "q") == Span(0)


def test_there_is_no_after_while_a_fault_is_in_force() -> None:
    found = evidence(entry(10, "fault.ordered", fault="x", lease="1"))
    assert phase_span(found, "during", "q") == Span(10, None)
    with pytest.raises(NoEvidence, match="q: expected every fault seen cleared, found 1 still in force"):
        phase_span(found, "after", "q")
    with pytest.raises(NoEvidence, match="q: expected a fault in the evidence of this run, found none ordered so far"):
        phase_span(evidence(), "during", "q")
    with pytest.raises(BadInput):
        phase_span(found, "soon", "q")


@pytest.mark.parametrize(
    ("changes", "since"),
    [
        ([], None),
        ([(1, True)], 1),
        ([(1, True), (2, True)], 1),
        ([(1, True), (2, False)], None),
        ([(1, True), (2, False), (5, True)], 5),
    ],
)
def test_good_since_is_the_end_of_the_last_relapse(changes: list[tuple[int, bool]], since: int | None) -> None:
    assert good_since(changes) == since
