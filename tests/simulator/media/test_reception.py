"""Loss and jitter of a stream, as RFC 3550 counts them."""

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.media.reception import MAX_DROPOUT, Reception, Report
from simulator.media.rtp import PACKET_S, SAMPLES, SEQUENCES, TIMESTAMPS, Packet


def heard(numbers: Sequence[int], late_s: Sequence[float] = (), clock_hz: float = 8000.0) -> Reception:
    """A reception of these packets, sent on time; each came later by its `late_s`."""
    reception = Reception(clock_hz)
    for place, number in enumerate(numbers):
        arrival = number * PACKET_S + (late_s[place] if late_s else 0.0)
        timestamp = number * SAMPLES % TIMESTAMPS
        reception.arrived(Packet(number % SEQUENCES, timestamp, 1), arrival * 8000.0 / clock_hz)
    return reception


@pytest.mark.parametrize(
    ("numbers", "expected", "received", "loss_percent"),
    [
        ([], 0, 0, 100.0),
        ([5], 1, 1, 0.0),
        ([0, 1, 2, 3], 4, 4, 0.0),
        ([0, 1, 3], 4, 3, 25.0),
        ([0, 2, 1, 3], 4, 4, 0.0),  # out of order
        ([0, 1, 1, 2], 3, 4, 0.0),  # a duplicate counts as received
        ([65_534, 65_535, 65_536, 65_537], 4, 4, 0.0),  # the sequence number wraps
        ([65_534, 65_537], 4, 2, 50.0),
        ([0, 1, MAX_DROPOUT], MAX_DROPOUT + 1, 3, 99.9),
        ([0, 1, 20_000, 20_001, 20_002], 4, 4, 0.0),  # a sender that started anew; its first packet is the price
        ([0, 1, 20_000, 2, 3], 4, 4, 0.0),  # a stray packet
    ],
)
def test_loss_is_what_the_numbers_expect_and_did_not_come(
    numbers: list[int], expected: int, received: int, loss_percent: float
) -> None:
    report = heard(numbers).report(0.0)
    assert (report.expected, report.received, report.loss_percent) == (expected, received, loss_percent)


def test_a_report_of_a_while_is_the_difference_of_two() -> None:
    lately = Report(110, 90, 3.0, 120).since(Report(100, 85, 1.0, 100))
    assert (lately, lately.loss_percent) == (Report(10, 5, 3.0, 20), 75.0)


@pytest.mark.parametrize(("after_s", "due", "loss_percent"), [(0.1, 5, 0.0), (0.4, 20, 50.0), (2.0, 100, 90.0)])
def test_a_voice_that_waits_in_a_queue_is_lost_though_no_number_is_missing(
    after_s: float, due: int, loss_percent: float
) -> None:
    report = heard(range(10)).report(after_s)
    assert (report.expected, report.due, report.loss_percent) == (10, due, loss_percent)


def test_before_the_first_packet_nothing_was_due() -> None:
    assert heard([]).report(100.0) == Report()


@pytest.mark.parametrize(
    ("late_s", "jitter_ms"),
    [
        ([0.0, 0.0, 0.0, 0.0], 0.0),
        ([0.3, 0.3, 0.3, 0.3], 0.0),  # a constant delay is no jitter
        ([0.0, 0.016], 1.0),  # a sixteenth of the difference
        ([0.0, 0.016, 0.0], 1.94),  # 1 + (16 - 1) / 16
    ],
)
def test_jitter_is_the_smoothed_difference_of_transit_times(late_s: list[float], jitter_ms: float) -> None:
    assert heard(range(len(late_s)), late_s).report(0.0).jitter_ms == jitter_ms


def test_jitter_is_measured_in_the_senders_time_when_the_world_runs_faster() -> None:
    assert heard(range(2), [0.0, 0.016], clock_hz=80_000.0).report(0.0).jitter_ms == 1.0


def test_a_timestamp_that_wraps_is_no_jitter() -> None:
    first = TIMESTAMPS // SAMPLES - 2
    assert heard(range(first, first + 6)).report(0.0).jitter_ms < 0.05


@given(
    first=st.integers(0, SEQUENCES - 1),
    kept=st.lists(st.booleans(), min_size=1, max_size=400).filter(lambda kept: kept[0] and kept[-1]),
)
def test_every_lost_packet_is_counted_wherever_the_numbers_begin(first: int, kept: list[bool]) -> None:
    report = heard([first + place for place, is_kept in enumerate(kept) if is_kept]).report(0.0)
    assert (report.expected, report.received) == (len(kept), sum(kept))


@given(first=st.integers(0, SEQUENCES - 1), order=st.permutations(range(1, 40)))
def test_disorder_is_no_loss(first: int, order: list[int]) -> None:
    report = heard([first + place for place in (0, *order)]).report(0.0)
    assert (report.expected, report.received) == (40, 40)


@given(late_s=st.lists(st.floats(0.0, 0.5), min_size=2, max_size=200))
def test_jitter_is_never_more_than_the_largest_difference(late_s: list[float]) -> None:
    largest = max(abs(one - other) for one, other in itertools.pairwise(late_s))
    assert heard(range(len(late_s)), late_s).report(0.0).jitter_ms <= 1000 * largest + 0.01
