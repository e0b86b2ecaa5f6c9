"""What an experiment claims to catch becomes runs, and runs become a matrix."""

import json
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.many import Order, Outcome, check_experiments
from harness.prove import claims_of, matrix
from harness.verdict import Verdict

EXPERIMENT = {
    "title": "t",
    "controls": [{"name": "deskstorm", "provider": {"type": "python", "module": "harness.control"}}],
    "method": [{"name": "break", "provider": {"type": "python", "module": "actions.x", "func": "inject_x"}}],
    "extensions": [{"name": "deskstorm", "must_catch": [{"defect": "zombie", "probe": "connected"}]}],
}


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "e.json"
    path.write_text(json.dumps(content))
    return path


def outcome(order: Order, verdict: Verdict, *caught: str) -> Outcome:
    findings = tuple({"question": name, "verdict": "FAIL"} for name in caught)
    return Outcome(order, verdict, ("why",), Path("runs/x"), 1.0, findings)


def test_claims_are_healthy_each_defect_and_each_fault_sabotaged(tmp_path: Path) -> None:
    claims = claims_of(written(tmp_path, EXPERIMENT))
    assert [(c.plant, c.expected, c.question) for c in claims] == [
        ("healthy", Verdict.PASS, None),
        ("zombie", Verdict.FAIL, "connected"),
        ("sabotage:x", Verdict.VOID, None),
    ]
    assert claims[1].order(3, tmp_path).environment()["DESKSTORM_DEFECT"] == "zombie"
    assert claims[2].order(3, tmp_path).environment()["DESKSTORM_SABOTAGE"] == "x"


def test_a_defect_caught_by_another_question_does_not_hold(tmp_path: Path) -> None:
    claim = claims_of(written(tmp_path, EXPERIMENT))[1]
    order = claim.order(1, tmp_path)
    assert claim.holds(outcome(order, Verdict.FAIL, "connected", "calm"))
    assert not claim.holds(outcome(order, Verdict.FAIL, "calm"))
    assert not claim.holds(outcome(order, Verdict.PASS))


def test_the_matrix_says_who_caught_what_by_which_question(tmp_path: Path) -> None:
    claims = claims_of(written(tmp_path, EXPERIMENT))
    outcomes = {(claims[1], 7): outcome(claims[1].order(7, tmp_path), Verdict.FAIL, "connected")}
    rows = matrix(claims, outcomes, {"seeds": [7]})["rows"]
    assert rows[1]["runs"][0]["caught_by"] == ["connected"]
    assert rows[1]["runs"][0]["holds"] is True
    assert rows[0]["runs"] == []


def test_an_experiment_without_must_catch_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="an extension `deskstorm` with must_catch"):
        claims_of(written(tmp_path, {**EXPERIMENT, "extensions": []}))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "a Chaos Toolkit experiment with a method"),
        ({"method": []}, "a control with module harness.control"),
    ],
)
def test_what_is_not_a_guarded_experiment_is_refused(tmp_path: Path, content: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        check_experiments([written(tmp_path, content)])
