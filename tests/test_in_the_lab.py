"""The tests that need netem, run in the network lab where this machine's kernel has none.

A lab and its world take longer to start than most of these tests, so that the files of one folder share them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.netlab import PACKAGES
from tests.debian import need

TESTS = Path(__file__).parent
MARK = "pytest.mark." + "netem"  # this file itself has none
FILES = sorted(path for path in TESTS.rglob("test_*.py") if MARK in path.read_text())
FOLDERS = sorted({path.parent for path in FILES})
LIMIT_S = 1200
PYTEST = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "netem")

pytestmark = [pytest.mark.world, pytest.mark.lab]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(TESTS)))
def test_what_needs_netem_passes_in_the_lab(folder: Path) -> None:
    need(*PACKAGES)
    files = [str(path) for path in FILES if path.parent == folder]
    listed = _run([*PYTEST, "-q", "--collect-only", *files])
    wanted = [line for line in listed.stdout.splitlines() if "::" in line]
    assert wanted, listed.stdout + listed.stderr
    lab = [sys.executable, "-m", "harness.cli", "netlab", "--limit", str(LIMIT_S), "--"]
    found = _run([*lab, *PYTEST, "-v", "-x", *files])
    passed = re.search(r"(\d+) passed", found.stdout)
    assert found.returncode == 0, found.stdout + found.stderr
    assert passed and int(passed[1]) == len(wanted), found.stdout + found.stderr


def _run(argv: list[str]) -> "subprocess.CompletedProcess[str]":
    # The tests in there are a run of their own, not part of this one's.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(argv, cwd=TESTS.parent, env=own, capture_output=True, text=True, timeout=LIMIT_S + 30)
