"""Who was lost, who came back, and how fast."""

from collections.abc import Callable
from typing import Any

import pytest

from reports.model import Outcome, Recovery, Review


def row(review: Review, agent: str) -> Recovery:
    """The row of one agent."""
    assert review.recoveries is not None
    return next(row for row in review.recoveries.rows if row.agent == agent)


def test_time_to_recover_runs_from_the_loss_until_the_agent_is_right_for_good(reviewed: Callable[[], Review]) -> None:
    found = row(reviewed(), "agent-03")
    assert found.outcome is Outcome.RECOVERED
    assert found.lost == pytest.approx(40.6, abs=0.2)
    assert found.back == pytest.approx(68.0, abs=0.2)
    assert found.took_s == pytest.approx(27.4, abs=0.2)
    assert found.after_clearing_s == pytest.approx(16.1, abs=0.2)
    assert (found.drops, found.attempts) == (1, 2)


def test_an_agent_lost_twice_was_right_in_between(recorded: Any, reviewed: Callable[[], Review]) -> None:
    recorded.add("wire", 85, "ws.close", "agent-03", channel="c2", socket="agent-03-3", code=1006)
    recorded.add("wire", 90, "ws.open", "agent-03", channel="c3", socket="agent-03-4")
    found = row(reviewed(), "agent-03")
    assert found.took_s == pytest.approx(49.4, abs=0.2)
    assert found.lost_s == pytest.approx(32.4, abs=0.2)


def test_an_agent_that_never_came_back_is_counted_and_comes_first(reviewed: Callable[[], Review]) -> None:
    found = reviewed().recoveries
    assert found is not None
    assert found.rows[0].agent == "agent-07"
    assert (found.rows[0].outcome, found.rows[0].took_s) == (Outcome.NOT_RECOVERED, None)
    assert [found.count(outcome) for outcome in Outcome] == [0, 11, 1, 0]
    assert found.off_queue == 1
    assert found.p50_s is not None and found.p95_s is not None
    assert found.p50_s < found.p95_s <= (found.max_s or 0)


def test_the_resolution_is_the_observers_pace(reviewed: Callable[[], Review]) -> None:
    found = reviewed().recoveries
    assert found is not None
    assert (found.resolution_s, found.longest_gap_s) == pytest.approx((1.0, 1.0))


def test_a_desktop_that_shows_another_presence_than_the_api_is_not_right(
    recorded: Any, reviewed: Callable[[], Review]
) -> None:
    recorded.add("validator", 85, "agent.status", "agent-02", presence="Away", routing="OFF_QUEUE", joined=True)
    found = row(reviewed(), "agent-02")
    assert (found.outcome, found.on_queue_after) == (Outcome.NOT_RECOVERED, False)


def test_a_disagreement_within_two_polls_is_the_observers_own(recorded: Any, reviewed: Callable[[], Review]) -> None:
    recorded.add("validator", 85, "agent.status", "agent-02", presence="Away", routing="OFF_QUEUE", joined=True)
    recorded.add("crowd", 86.5, "presence.shown", "agent-02", presence="AWAY", version=9, message="")
    assert row(reviewed(), "agent-02").outcome is Outcome.RECOVERED


def test_an_agent_that_was_never_lost_says_so(recorded: Any, reviewed: Callable[[], Review]) -> None:
    recorded.add("wire", -1, "ws.open", "agent-20", channel="c", socket="s")
    recorded.add("crowd", -1, "desktop.banner", "agent-20", banner="connected", connected=True)
    assert row(reviewed(), "agent-20").outcome is Outcome.UNHURT


def test_a_logged_out_desktop_is_not_called_recovered(recorded: Any, reviewed: Callable[[], Review]) -> None:
    recorded.add("crowd", 60, "desktop.banner", "agent-07", banner="logged_out", connected=False)
    assert row(reviewed(), "agent-07").outcome is Outcome.LOGGED_OUT


def test_without_a_fault_there_is_nothing_to_recover_from(recorded: Any, reviewed: Callable[[], Review]) -> None:
    for source, lines in recorded.lines.items():
        recorded.lines[source] = [line for line in lines if not line[1].startswith("fault.")]
    assert reviewed().recoveries is None
