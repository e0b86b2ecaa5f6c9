"""Planted, an alert that goes on begins again with each look at it."""

from tests.tracker.alerts.test_desk import stuck
from tracker.alerts.lifecycle import State
from tracker.defects.alert_repeated import LOOK_EVERY_MS, SaysItAnew


def test_an_alert_that_goes_on_is_told_as_a_new_one_at_each_look() -> None:
    life = SaysItAnew(LOOK_EVERY_MS)
    told = life.took(stuck(), 0) + life.due(1000) + life.due(1999) + life.due(2000)
    assert [(notice.state, notice.at_ms) for notice in told] == [(State.FIRING, at) for at in (0, 1000, 2000)]
    assert [notice.state for notice in life.took(stuck(holds=False), 2500)] == [State.RESOLVED]
