"""What evidence says about the voice of calls."""

from typing import Any

from harness.evidence import Entry, Evidence
from harness.observing.voice import (
    Call,
    Measured,
    calls_connected,
    measurements,
    newest_loss,
    numbers_given,
    numbers_shown,
)

CALL = Call("a", "c")


def entry(t: int, kind: str, agent: str | None = None, source: str = "crowd", **fields: Any) -> Entry:
    """One line of evidence."""
    return Entry(t, source, kind, agent, fields)


def look_at(t: int, conversation: str, **states: str) -> Entry:
    """The validator's look at a conversation."""
    agents = [{"id": agent, "state": state} for agent, state in states.items()]
    return entry(t, "conversation.status", source="validator", conversation=conversation, agents=agents)


def heard(t: int, kind: str, loss_percent: float, agent: str = "a", conversation: str = "c") -> Entry:
    """What one end measured."""
    return entry(t, kind, agent, conversation=conversation, loss_percent=loss_percent)


def test_calls_are_connected_as_the_validator_last_saw_them() -> None:
    evidence = Evidence(
        (
            look_at(1, "c", a="alerting"),
            look_at(2, "c", a="connected", x="connected"),
            look_at(3, "c", a="disconnected"),
        )
    )
    assert [calls_connected(evidence, ["a", "b"], at) for at in (0, 1, 2, 9)] == [set(), set(), {CALL}, set()]


def test_measurements_of_both_ends_are_told_apart() -> None:
    evidence = Evidence((heard(1, "media.heard", 1.0), heard(2, "cloud.media", 2.0)))
    assert measurements(evidence) == [Measured(1, CALL, "desktop", 1.0), Measured(2, CALL, "cloud", 2.0)]
    assert measurements(evidence, since=2) == [Measured(2, CALL, "cloud", 2.0)]


def test_the_end_that_hears_worse_counts_and_a_silent_one_says_nothing() -> None:
    evidence = Evidence(
        (
            heard(1, "media.heard", 90.0),
            heard(2, "media.heard", 1.0),
            heard(3, "cloud.media", 2.0),
            heard(4, "cloud.media", 99.0, "b"),
        )
    )
    assert newest_loss(evidence, CALL, 0) == 2.0
    assert newest_loss(evidence, CALL, 3) is None
    assert newest_loss(evidence, Call("b", "c"), 0) is None


def test_numbers_given_and_shown_are_two_things() -> None:
    given = entry(1, "cloud.fallback", "a", "cloud", conversation="c", number="tel:+1")
    shown = entry(2, "media.fallback", "a", conversation="c", number="tel:+2")
    evidence = Evidence((given, shown))
    assert (numbers_given(evidence), numbers_shown(evidence)) == ({CALL: (1, "tel:+1")}, {CALL: (2, "tel:+2")})
