"""What was broken when."""

from typing import Any

import pytest

from reports import record
from reports.faults import faults, in_words, never_ordered, scope_in_words


def test_a_fault_has_its_proof_its_clearing_and_what_it_touched(recorded: Any) -> None:
    (found,) = faults(record.read(recorded.write()))
    assert (found.fault, found.lease) == ("ws_reset", "ws_reset-1")
    moments = (found.ordered, found.start, found.seen, found.clear_ordered, found.end, found.cleared)
    assert moments == pytest.approx((39.2, 40.0, 43.0, 51.0, 52.0, 53.0))
    assert (found.touched, found.agents_touched, found.ended_by) == (12, 12, "order")
    assert (found.scope, found.parameters) == ("all agents", "delay_ms 20")
    assert found.proof == "connection reset by peer after 0.2 s"


def test_a_fault_that_was_never_seen_says_so_and_lasts_to_the_end(recorded: Any) -> None:
    recorded.add(
        "chaos-1", 60, "fault.ordered", fault="token_revoked", lease="t-1", expected={"share": 0.5}, found=None
    )
    found = faults(record.read(recorded.write()))[-1]
    assert (found.fault, found.seen, found.cleared, found.touched) == ("token_revoked", None, None, None)
    assert found.end == pytest.approx(96.0)
    assert found.parameters == "share 0.5"


def test_a_fault_that_was_planned_and_never_ordered_is_named(recorded: Any) -> None:
    recorded.add("chaos-1", -19, "run.planned", faults=["ws_reset", "rate_limit"])
    assert never_ordered(record.read(recorded.write())) == ("rate_limit",)


def test_the_canary_is_not_counted_among_the_agents_touched(recorded: Any) -> None:
    recorded.add("wire", 41, "fault.touched", "canary", fault="ws_reset", id="ws_reset-1", what="reset")
    (found,) = faults(record.read(recorded.write()))
    assert (found.touched, found.agents_touched) == (13, 12)


def test_a_clearing_without_a_lease_clears_its_fault(recorded: Any) -> None:
    recorded.add("chaos-1", 60, "fault.seen", fault="api_hang", lease="h-1", expected={}, found="no answer")
    recorded.add("chaos-1", 70, "fault.cleared_seen", fault="api_hang", expected="gone", found="200")
    found = [fault for fault in faults(record.read(recorded.write())) if fault.fault == "api_hang"]
    assert [moment for fault in found for moment in (fault.seen, fault.cleared)] == pytest.approx([60, 70])


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({}, "not recorded"),
        ({"path": "*/api/v2/write*"}, "deliveries to */api/v2/write*"),
        ({"share": 0.5}, "50% of the agents"),
        ({"agents": ["a"], "path": "/oauth/*"}, "1 named agent, path /oauth/*"),
        ({"topic": "*.presence", "direction": "to_desktop"}, "all agents, topic *.presence, to desktop"),
    ],
)
def test_a_scope_is_said_in_words(scope: dict[str, object], words: str) -> None:
    assert scope_in_words(scope) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "yes"), (2.0, "2"), (0.12345, "0.123"), ({"a": [1, "b"]}, "a 1, b"), (None, ""), (0.5, "0.5")],
)
def test_a_value_is_said_in_words(value: object, words: str) -> None:
    assert in_words(value) == words
