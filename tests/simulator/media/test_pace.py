"""A packet for every 20 ms that passed, and none for a pause."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.media.pace import MOST_AT_ONCE, Pace


def test_the_first_packet_is_due_at_once_and_the_next_after_its_time() -> None:
    pace = Pace(0.02, start_s=100.0)
    assert [pace.due(100.0 + t) for t in (0.0, 0.01, 0.021, 0.039, 0.061)] == [(1, 0), (0, 0), (1, 0), (0, 0), (2, 0)]


def test_what_a_long_pause_left_out_is_not_made_up_for() -> None:
    pace = Pace(0.02, start_s=0.0)
    pace.due(0.0)
    assert pace.due(2.001) == (MOST_AT_ONCE, 100 - MOST_AT_ONCE)
    assert pace.due(2.021) == (1, 0)


@given(st.lists(st.floats(0.0, 3.0), min_size=1, max_size=50))
def test_every_20_ms_are_sent_or_left_out_once(steps: list[float]) -> None:
    pace, now, told = Pace(0.02, start_s=0.0), 0.0, 0
    for step in steps:
        now += step
        told += sum(pace.due(now))
    assert told == int(now / 0.02) + 1
