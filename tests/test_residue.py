"""The check that nothing stays behind can fail: small test runs of their own that leave something behind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.keeping.processes import Identity

ROOT = Path(__file__).parent.parent
LIMIT_S = 60.0
LEAVE = {
    "nothing": ("pass", ""),
    "a process": (
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=WAITS, start_new_session=True)\n"
        "    pathlib.Path('child').write_text(str(child.pid))",
        "process {child}: ",
    ),
    "the state of a run": ("pathlib.Path(os.environ['DESKSTORM_STATE'], 'abandoned').mkdir()", "state of a run "),
    "a temporary file": ("tempfile.mkstemp()", "temporary file "),
    "a run in the working tree": (
        "pathlib.Path('tree/runs/it').mkdir(parents=True)\n    pathlib.Path('tree/runs/it/verdict.json').touch()",
        "verdict.json in the working tree",
    ),
}
TEST = """
import os, pathlib, subprocess, sys, tempfile
WAITS = {waits}

def test_that_leaves_something():
    {deed}
"""


@pytest.mark.parametrize("what", LEAVE)
def test_what_is_left_behind_fails_the_run_and_is_named(what: str, tmp_path: Path) -> None:
    deed, words = LEAVE[what]
    tree = tmp_path / "tree"
    tree.mkdir()
    reader, writer = os.pipe()  # what waits on it ends with this test, whatever happens
    try:
        (tree / "test_it.py").write_text(TEST.format(deed=deed, waits=reader))
        done = _tested(tree, tmp_path, reader)
        left = tmp_path / "child"
        pid = left.read_text() if left.exists() else ""
        assert done.returncode == (1 if words else 0), done.stdout
        assert ("the tests left behind: " in done.stdout) is bool(words)
        assert words.format(child=pid) in done.stdout
        assert not pid or Identity.of(int(pid))
    finally:
        os.close(writer)
        os.close(reader)


def _tested(tree: Path, cwd: Path, inherited: int) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "tests.residue", "-p", "no:cacheprovider"]
    argv += ["-c", os.devnull, "--rootdir", str(tree), "--basetemp", str(cwd / "base"), str(tree)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=LIMIT_S, pass_fds=(inherited,)
    )
