"""An alert fires once, says at intervals that it still does, and is resolved once; also over a restart."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.alerts.lifecycle import Lifecycle, Notice, State
from tracker.ledger.interaction import Condition

REPEAT_MS = 60_000


def stuck(conversation: str = "c-1", since_ms: int = 0, holds: bool = True, value: float = 300.0) -> Condition:
    return Condition("stuck", conversation, "billing", since_ms, value, 300.0, holds)


def said(notices: list[Notice]) -> list[tuple[str, str, int]]:
    return [(str(notice.state), notice.alert.key, notice.alert.notices) for notice in notices]


def test_an_alert_fires_when_its_condition_begins_and_is_resolved_when_it_ends() -> None:
    life = Lifecycle(REPEAT_MS)
    assert said(life.took(stuck(), 300_000)) == [("firing", "stuck:c-1:billing", 1)]
    [resolved] = life.took(stuck(holds=False, value=320.0), 320_000)
    assert (resolved.state, resolved.alert.value, resolved.alert.ended_ms) == (State.RESOLVED, 320.0, 320_000)
    assert len(life) == 0


def test_a_condition_that_is_known_says_nothing_new() -> None:
    life = Lifecycle(REPEAT_MS)
    life.took(stuck(), 300_000)
    assert life.took(stuck(), 300_001) == []
    life.took(stuck(holds=False), 320_000)
    assert life.took(stuck(holds=False), 320_001) == []


def test_an_alert_that_still_fires_says_so_at_intervals_and_for_how_long() -> None:
    life = Lifecycle(REPEAT_MS)
    life.took(stuck(), 300_000)
    assert life.next_due_ms() == 360_000
    assert life.due(359_999) == []
    [still] = life.due(360_000)
    assert (still.state, still.alert.value, still.alert.notices) == (State.STILL_FIRING, 360.0, 2)
    assert said(life.due(420_000)) == [("still firing", "stuck:c-1:billing", 3)]
    life.took(stuck(holds=False), 430_000)
    assert life.due(1_000_000) == []


def test_two_stays_in_one_queue_are_one_alert_that_ends_with_the_last() -> None:
    life = Lifecycle(REPEAT_MS)
    life.took(stuck(since_ms=0), 300_000)
    assert life.took(stuck(since_ms=5), 300_005) == []
    assert life.took(stuck(since_ms=0, holds=False), 310_000) == []
    assert said(life.took(stuck(since_ms=5, holds=False), 320_000)) == [("resolved", "stuck:c-1:billing", 2)]


def test_after_a_restart_what_still_holds_says_nothing_new_and_the_rest_is_made_good() -> None:
    before = Lifecycle(REPEAT_MS)
    alerts = [before.took(stuck(name), 300_000)[0].alert for name in ("stays", "ended")]
    life = Lifecycle(REPEAT_MS)
    life.restored(alerts)
    made_good = life.reconciled([stuck("stays"), stuck("began")], 330_000)
    assert said(made_good) == [("resolved", "stuck:ended:billing", 2), ("firing", "stuck:began:billing", 1)]
    assert said(life.due(360_000)) == [("still firing", "stuck:stays:billing", 2)]
    assert said(life.took(stuck("stays", holds=False), 370_000)) == [("resolved", "stuck:stays:billing", 3)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
def test_whatever_is_reported_firing_and_resolved_take_turns(reports: list[tuple[str, bool]]) -> None:
    life = Lifecycle(REPEAT_MS)
    notices = [n for at, (name, holds) in enumerate(reports) for n in life.took(stuck(name, holds=holds), at)]
    for name in "abc":
        states = [notice.state for notice in notices if notice.alert.conversation == name]
        assert states == [State.FIRING if place % 2 == 0 else State.RESOLVED for place in range(len(states))]
        assert (len(states) % 2 == 1) == bool([h for n, h in reports if n == name][-1:] == [True])
