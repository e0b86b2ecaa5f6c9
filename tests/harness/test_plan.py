"""A plan is what an experiment's own file says."""

from typing import Any

import pytest

from harness.plan import Plan, function_of, plan_of, tolerance_in_words

OBSERVE = {"type": "python", "module": "actions.observe", "func": "observe", "arguments": {"seconds": 20}}


def activity(name: str, function: str) -> dict[str, Any]:
    return {"name": name, "provider": {"type": "python", "module": "actions.ws_reset", "func": function}}


def test_a_plan_names_every_phase_and_the_faults_of_the_method() -> None:
    experiment = {
        "steady-state-hypothesis": {"title": "up", "probes": [{"name": "connected"}]},
        "method": [
            activity("break", "inject_ws_reset"),
            {"name": "wait", "provider": OBSERVE},
            activity("heal", "clear_ws_reset"),
            {"ref": "connected"},
        ],
        "rollbacks": [activity("heal again", "clear_ws_reset")],
    }
    assert plan_of(experiment) == Plan(
        ("connected",), ("break", "wait", "heal", "connected"), ("heal again",), ("ws_reset",), (("wait", 20.0),)
    )


def test_a_function_is_named_with_its_module() -> None:
    assert function_of(activity("break", "inject_ws_reset")) == "actions.ws_reset.inject_ws_reset"
    assert function_of({"provider": {"type": "process", "path": "true"}}) == ""


@pytest.mark.parametrize(
    ("tolerance", "words"),
    [
        (None, None),
        (0, "0"),
        (True, "True"),
        ([0, 1], "0 or 1"),
        ([[]], "none"),
        ({"type": "range", "range": [1.0, 1.0]}, "1"),
        ({"type": "range", "range": [0, 2.5]}, "from 0 to 2.5"),
        ({"type": "regex", "pattern": "^up"}, "regex ^up"),
    ],
)
def test_a_tolerance_is_told_in_words(tolerance: Any, words: str | None) -> None:
    assert tolerance_in_words(tolerance) == words
