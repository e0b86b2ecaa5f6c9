"""`python -m reports`."""

from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main


def test_it_prints_the_paths_of_what_it_wrote(recorded: Any, capsys: pytest.CaptureFixture[str]) -> None:
    folder = recorded.write()
    assert main([str(folder)]) == 0
    names = ["review.html", "review.json", "junit.xml"]
    assert capsys.readouterr().out.splitlines() == [str(folder / name) for name in names]


def test_a_folder_that_is_no_run_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "nowhere")]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "nowhere").exists()
