"""Somebody else's tracker, a tutorial to the letter: what it gets wrong is FAIL, what it cannot answer is VOID."""

import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.many import Order, Outcome, Runs
from harness.verdict import Verdict

pytestmark = pytest.mark.prove

ROOT = Path(__file__).parent.parent
TRACKER = ROOT / "tests" / "harness" / "stage" / "literal_tracker.py"
TRUE, LOST = "every interaction is told as it was", "nothing that was acknowledged is lost"


@pytest.fixture
def world_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A world that is only this tracker; a local cloud stands around it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, str(TRACKER)]
    found = tmp_path / "world.json"
    found.write_text(
        json.dumps({"tracker": {"url": f"http://127.0.0.1:{port}", "dialect": "seed", "command": command}})
    )
    monkeypatch.setenv("DESKSTORM_WORLD", str(found))
    yield found


def outcome_of(experiment: Path, runs: Path) -> Outcome:
    return Runs().all([Order(experiment, seed=1, runs=runs)])[0]


@pytest.mark.parametrize(
    ("experiment", "question"),
    [("events_out_of_order", TRUE), ("events_duplicated", TRUE)],
)
def test_what_it_gets_wrong_is_caught_by_the_question_about_it(
    world_file: Path, tmp_path: Path, experiment: str, question: str
) -> None:
    outcome = outcome_of(ROOT / "experiments" / f"{experiment}.json", tmp_path / "runs")
    assert (outcome.verdict, question in outcome.caught_by) == (Verdict.FAIL, True), outcome.reasons


def test_while_hardly_anything_is_broken_it_tells_the_truth_and_what_it_cannot_answer_is_void(
    world_file: Path, tmp_path: Path
) -> None:
    outcome = outcome_of(calm(tmp_path / "calm.json"), tmp_path / "runs")
    assert (outcome.verdict, outcome.caught_by) == (Verdict.VOID, ()), outcome.reasons
    right = {finding["question"] for finding in outcome.findings if finding["verdict"] == Verdict.PASS}
    assert right >= {TRUE, LOST, "every stay has its point in the end", "the tracker takes deliveries and answers"}
    assert any("it has sent no alert that names a conversation" in reason for reason in outcome.reasons)
    assert all("cannot tell" in reason for reason in outcome.reasons), outcome.reasons
    assert json.loads((outcome.folder / "verdict.json").read_text())["world"] == "local"


def calm(path: Path) -> Path:
    """An experiment whose fault is next to nothing: a time-series store that takes 0.1 s longer.

    Such a tracker takes the events of parallel deliveries in any order, and a busy machine makes them parallel: calls
    are few, and time runs slower.
    """
    experiment: dict[str, Any] = json.loads((ROOT / "experiments" / "tsdb_slow.json").read_text())
    experiment["configuration"]["time_scale"]["default"] = 0.3
    for activity in experiment["method"]:
        given = activity["provider"].get("arguments", {})
        given |= {name: less for name, less in (("delay_ms", 100), ("count", 1), ("at_least", 1)) if name in given}
    path.write_text(json.dumps(experiment))
    return path
