"""The proof matrix."""

import json
from pathlib import Path
from typing import Any

import pytest

from reports.matrix import Matrix, html, main, read

PROBE = "sockets per agent"


def run(seed: int, verdict: str, *caught_by: str) -> dict[str, Any]:
    """One run of a row as `prove` writes it."""
    reason = f"because {seed} <i>"
    return {
        **{"seed": seed, "verdict": verdict, "caught_by": list(caught_by), "reason": reason},
        **{"seconds": 12.5, "folder": f"run-{seed}"},
    }


def row(plant: str, expected: str, probe: str | None, *runs: dict[str, Any]) -> dict[str, Any]:
    """One claim."""
    return {"experiment": "websocket_reset", "plant": plant, "expected": expected, "probe": probe, "runs": list(runs)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A matrix with a false alarm, a defect that was caught by the wrong question once, and a good sabotage."""
    rows = [
        row("sabotage:ws_reset", "VOID", None, run(1, "VOID"), run(2, "VOID")),
        row("double_socket", "FAIL", PROBE, run(1, "FAIL", PROBE, "other"), run(2, "FAIL", "other")),
        row("healthy", "PASS", None, run(1, "PASS"), run(2, "FAIL", "other")),
    ]
    found = tmp_path / "matrix.json"
    found.write_text(json.dumps({"seeds": [1, 2], "rows": rows, "started": "a", "ended": "b", "versions": {"p": "1"}}))
    return found


@pytest.fixture
def matrix(path: Path) -> Matrix:
    """The same, read."""
    return read(path)


def test_a_defect_counts_only_when_the_question_meant_for_it_caught_it(matrix: Matrix) -> None:
    (defect,) = matrix.of("defect")
    assert (defect.held, defect.proved) == (1, False)
    assert defect.caught() == [(PROBE, 1), ("other", 2)]


def test_false_alarms_on_the_healthy_crowd_are_named(matrix: Matrix) -> None:
    assert [(row.experiment, run.seed) for row, run in matrix.false_alarms()] == [("websocket_reset", 2)]
    page = html(matrix)
    assert "1 of 2 runs on the healthy crowd did not pass" in page
    assert "because 2 &lt;i&gt;" in page


def test_healthy_comes_first_then_defects_then_sabotage(matrix: Matrix) -> None:
    plants = [row.plant for row in matrix.experiments()["websocket_reset"]]
    assert plants == ["healthy", "double_socket", "sabotage:ws_reset"]


def test_a_claim_without_runs_is_not_proved(path: Path) -> None:
    found = json.loads(path.read_text())
    found["rows"] = [row("healthy", "PASS", None)]
    path.write_text(json.dumps(found))
    assert "never run" in html(read(path))
    assert not read(path).rows[0].proved


def test_an_empty_matrix_proves_nothing(path: Path) -> None:
    path.write_text('{"rows": []}')
    assert 'class="verdict fail"' in html(read(path))


def test_the_page_is_written_beside_the_matrix(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(path)]) == 0
    assert capsys.readouterr().out.strip() == str(path.parent / "matrix.html")
    assert "http" not in (path.parent / "matrix.html").read_text().replace("http-equiv", "")


@pytest.mark.parametrize("text", ["", "[]", '{"rows": [{}]}', '{"rows": 3}'])
def test_a_file_that_is_no_matrix_is_refused_in_one_line(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "m.json").write_text(text)
    assert main([str(tmp_path / "m.json")]) == 2
    assert "expected JSON with rows of runs" in capsys.readouterr().err
