"""The review as a value."""

from collections.abc import Callable
from typing import Any

import pytest

from reports.model import Review


def test_a_review_says_what_was_asked_and_what_was_found(reviewed: Callable[[], Review]) -> None:
    found = reviewed()
    assert (found.experiment, found.verdict, found.seed, found.defect) == ("websocket_reset", "FAIL", 7, "zombie")
    assert [(q.verdict, q.phase, q.found) for q in found.questions] == [
        ("PASS", "before", 1.0),
        ("FAIL", "method", ["agent-07"]),
        ("FAIL", "after", 0.9167),
    ]
    assert found.wall_s == 13.0
    assert found.end == pytest.approx(96.0)


def test_each_step_has_its_start_and_its_length(reviewed: Callable[[], Review]) -> None:
    steps = {(step.name, step.phase): step for step in reviewed().activities}
    reset = steps["reset every socket", "method"]
    assert (reset.start, reset.took_s) == pytest.approx((39, 4.5))
    assert reset.status == "succeeded"


def test_a_step_that_never_ended_says_so(recorded: Any, reviewed: Callable[[], Review]) -> None:
    recorded.add("chaos-1", 97, "activity.started", name="hang", phase="rollback")
    assert [step.status for step in reviewed().activities if step.name == "hang"] == ["never ended"]


def test_the_phases_span_their_steps(reviewed: Callable[[], Review]) -> None:
    found = [(phase.name, phase.start, phase.end) for phase in reviewed().phases]
    assert found[1][1:] == pytest.approx((39, 90))
    assert [name for name, _, _ in found] == ["steady state before", "method", "steady state after", "rollbacks"]


def test_the_same_record_gives_the_same_review(recorded: Any) -> None:
    from reports import record
    from reports.review import review

    folder = recorded.write()
    assert review(record.read(folder)) == review(record.read(folder))
