"""Figures over numbers: shares, percentiles, and the most that falls into one window. Pure."""

import math
from collections.abc import Iterable, Sequence

from harness.errors import BadInput, NoEvidence

# What never ended counts as this many seconds: beyond every limit, and still a number that JSON can hold.
NEVER_S = 999_999.0
STATISTICS = ("p50", "p95", "p99", "max", "min", "mean")


def most_within(times: Iterable[int], window: int) -> int:
    """The largest number of `times` that fall into one window of `window` nanoseconds, wherever it starts."""
    ordered = sorted(times)
    most, first = 0, 0
    for last, t in enumerate(ordered):
        while t - ordered[first] >= window:
            first += 1
        most = max(most, last - first + 1)
    return most


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: always one of `values`; `values` must not be empty."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def statistic(values: Sequence[float], name: str) -> float:
    """`name` (one of `STATISTICS`) of `values`; no values give 0."""
    if name not in STATISTICS:
        raise BadInput("statistic", f"one of {', '.join(STATISTICS)}", name)
    if not values:
        return 0.0
    if name == "mean":
        return sum(values) / len(values)
    if name in ("max", "min"):
        return max(values) if name == "max" else min(values)
    return percentile(values, float(name[1:]))


def share(number: int, of: int, question: str, expected: str) -> float:
    """`number` of `of` as a share from 0 to 1; raises `NoEvidence` if `of` is 0."""
    if of == 0:
        raise NoEvidence(question, expected, "none")
    return round(number / of, 4)
