"""Many experiments, each in a process and a world of its own, and one exit code for all."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import read
from harness.waiting import until
from tests.harness.test_false_greens import BREAK, CALM, HEAL, STAGE, experiment, mischief

pytestmark = pytest.mark.world
LIMIT_S = 180


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(STAGE), "COLUMNS": "200", "DESKSTORM_STATE": str(folder / "state")}


def run(folder: Path, *words: str, **contents: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    paths = []
    for name, content in contents.items():
        paths.append(folder / f"{name}.json")
        paths[-1].write_text(json.dumps(content))
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", "run", *map(str, paths), *words, "--runs", str(folder / "runs")],
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


FAILING = experiment(method=[BREAK, mischief("errors", "probe", "answer", arguments={"value": 7}, tolerance=0), HEAL])
VOIDED = experiment(method=[mischief("act", "action", "go_wrong"), CALM])


def test_all_passing_is_exit_code_0_with_a_row_and_a_review_for_each_repeat(tmp_path: Path) -> None:
    done = run(tmp_path, "--repeat", "2", "--parallel", "2", "--agents", "3", "--seed", "7", good=experiment())
    assert done.returncode == 0, done.stdout + done.stderr
    verdicts = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/verdict.json")]
    assert len(verdicts) == 2
    assert all(found["verdict"] == "PASS" for found in verdicts)
    assert len(list(tmp_path.glob("runs/*/review.html"))) == 2
    assert done.stdout.count("review.html") == 2


@pytest.mark.parametrize(
    ("contents", "code", "words"),
    [
        ({"good": experiment(), "bad": FAILING}, 1, "errors: expected 0, found 7"),
        ({"good": experiment(), "void": VOIDED}, 3, "act could not be carried out: RuntimeError: nothing works here"),
    ],
    ids=["one fails", "one is void"],
)
def test_the_worst_verdict_makes_the_exit_code(tmp_path: Path, contents: dict[str, Any], code: int, words: str) -> None:
    done = run(tmp_path, "--parallel", "2", **contents)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stdout


def test_ctrl_c_ends_every_run_in_order(tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_text(
        json.dumps(experiment(method=[BREAK, mischief("wait", "action", "hang", arguments={"seconds": 90})]))
    )
    words = [sys.executable, "-m", "harness.cli", "run", str(path), "--parallel", "2", "--repeat", "4"]
    process = subprocess.Popen(
        [*words, "--runs", str(tmp_path / "runs")],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def both_in_force() -> bool:
        folders = list(tmp_path.glob("runs/*/evidence"))
        return len([folder for folder in folders if read(folder).of("fault.seen")]) == 2

    until(both_in_force, "two runs with a fault in force", 60)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 130, said
    assert said.count("VOID long") == 2
    assert len(list(tmp_path.glob("runs/*/verdict.json"))) == 2
    assert list((tmp_path / "state").iterdir()) == []
