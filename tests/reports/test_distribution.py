"""The histogram of times to recover."""

from collections.abc import Callable
from dataclasses import replace

from reports.distribution import WIDTH, distribution
from reports.model import Outcome, Recoveries, Review


def recoveries(reviewed: Callable[[], Review]) -> Recoveries:
    """Of the recorded run."""
    found = reviewed().recoveries
    assert found is not None
    return found


def test_every_agent_that_recovered_is_in_one_bar_and_the_lost_in_their_own(reviewed: Callable[[], Review]) -> None:
    chart = distribution(recoveries(reviewed))
    assert chart is not None and chart.lost is not None
    assert sum(bar.count for bar in chart.bars) == 11
    assert chart.lost.count == 1
    assert max(bar.x + bar.width for bar in chart.bars) < chart.lost.x < WIDTH


def test_the_words_say_what_the_bars_say(reviewed: Callable[[], Review]) -> None:
    chart = distribution(recoveries(reviewed))
    assert chart is not None
    assert chart.words.startswith("11 agents recovered: half within ")
    assert chart.words.endswith("; 1 did not recover.")


def test_with_nobody_recovered_there_is_only_the_bar_of_the_lost(reviewed: Callable[[], Review]) -> None:
    found = recoveries(reviewed)
    lost = tuple(row for row in found.rows if row.outcome is Outcome.NOT_RECOVERED)
    chart = distribution(replace(found, rows=lost, p50_s=None, p95_s=None, max_s=None))
    assert chart is not None and chart.lost is not None
    assert (chart.bars, chart.lines, chart.words) == ((), (), "No agent recovered; 1 did not.")


def test_with_nobody_lost_there_is_no_chart(reviewed: Callable[[], Review]) -> None:
    assert distribution(replace(recoveries(reviewed), rows=())) is None
