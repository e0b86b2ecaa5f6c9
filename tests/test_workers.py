"""The tests of one file share a worker, and with it the world that they stand in."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIMIT_S = 120.0
TEST = """
import os, pathlib, pytest

@pytest.mark.parametrize("n", range(8))
def test_where(n):
    pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).touch()
"""


def workers(tree: Path, *words: str) -> set[str]:
    """Which of two workers the tests of one file ran on."""
    (tree / "tests").mkdir(parents=True)
    (tree / "tests" / "test_it.py").write_text(TEST)
    argv = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider", *words]
    argv += ["-c", os.devnull, "--rootdir", str(tree / "tests"), "--basetemp", str(tree / "base"), str(tree / "tests")]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "CI": ""}
    done = subprocess.run(argv, cwd=tree, env=env, capture_output=True, text=True, timeout=LIMIT_S)
    assert done.returncode == 0, done.stdout
    return {path.name for path in tree.glob("gw*")}


def test_the_tests_of_a_file_share_a_worker(tmp_path: Path) -> None:
    assert len(workers(tmp_path / "alone")) == 2
    assert len(workers(tmp_path / "ours", "-p", "tests.conftest")) == 1
