"""Shares, percentiles and windows."""

import pytest

from harness.errors import BadInput, NoEvidence
from harness.observing.figures import most_within, percentile, share, statistic


@pytest.mark.parametrize(
    ("percent", "value"), [(0, 1.0), (50, 5.0), (90, 9.0), (95, 10.0), (99, 10.0), (100, 10.0), (10, 1.0), (11, 2.0)]
)
def test_a_percentile_is_always_one_of_the_values(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(10, 0, -1)], percent) == value


@pytest.mark.parametrize(
    ("name", "value"), [("p50", 2.0), ("p95", 9.0), ("p99", 9.0), ("max", 9.0), ("min", 1.0), ("mean", 4.0)]
)
def test_each_statistic_is_what_its_name_says(name: str, value: float) -> None:
    assert statistic([9.0, 1.0, 2.0], name) == value
    assert statistic([], name) == 0.0


def test_an_unknown_statistic_is_refused_by_name() -> None:
    with pytest.raises(BadInput, match="statistic: expected one of p50, p95, p99, max, min, mean, found 'p42'"):
        statistic([1.0], "p42")


@pytest.mark.parametrize(
    ("times", "window", "most"),
    [([], 10, 0), ([5], 10, 1), ([1, 2, 3], 2, 2), ([3, 1, 2], 3, 3), ([0, 10], 10, 1), ([1, 1, 1], 1, 3)],
)
def test_the_fullest_window_may_begin_anywhere(times: list[int], window: int, most: int) -> None:
    assert most_within(times, window) == most


def test_a_share_of_nothing_is_no_answer() -> None:
    assert share(1, 3, "q", "agents") == 0.3333
    with pytest.raises(NoEvidence, match="q: expected agents, found none"):
        share(0, 0, "q", "agents")
