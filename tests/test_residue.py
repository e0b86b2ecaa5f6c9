"""The check that nothing stays behind can fail: small test runs of their own that leave something behind."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.keeping.processes import Identity
from harness.network.namespaces import new_name, new_run_hex, remove
from tests.residue import network_left_by

ROOT = Path(__file__).parent.parent
LIMIT_S = 60.0
NETNS = ("ip", "netns")
LEAVE = {
    "nothing": ("pass", ""),
    "a process": (
        "child = subprocess.Popen([sys.executable, '-c', 'input()'], stdin=WAITS, start_new_session=True)\n"
        "    pathlib.Path('child').write_text(str(child.pid))\n"
        "    while not pathlib.Path(f'/proc/{child.pid}/environ').read_bytes(): pass  # it is being put in place",
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


LAID = {"t": 1, "source": "keeper", "kind": "ground.held", "n": 0}
LEAVE_IN_NETWORK = {
    "nothing": ("pass", ""),
    "a namespace": ("subprocess.run(['ip', 'netns', 'add', 'ds-left'], check=True)", "namespace ds-left"),
    "a link": (
        "subprocess.run(['ip', 'link', 'add', 'dsleft0', 'type', 'veth', 'peer', 'name', 'dsleft1'], check=True)",
        "link dsleft0; link dsleft1",
    ),
    "a qdisc": ("subprocess.run(['tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'pfifo'], check=True)", "qdisc pfifo "),
    "an nft table": ("subprocess.run(['nft', 'add', 'table', 'ip', 'left'], check=True)", "nft table ip left {"),
}


@pytest.fixture
def namespace() -> Iterator[str]:
    """An empty network of its own for a test run that leaves something in it."""
    name = new_name("a", new_run_hex())
    subprocess.run([*NETNS, "add", name], check=True)
    yield name
    subprocess.run([*NETNS, "del", name], check=True)


@pytest.mark.world
@pytest.mark.parametrize("what", LEAVE_IN_NETWORK)
def test_what_is_left_in_the_network_of_a_machine_for_tests_fails_the_run_and_is_named(
    what: str, tmp_path: Path, namespace: str
) -> None:
    deed, words = LEAVE_IN_NETWORK[what]
    (tmp_path / "tree").mkdir()
    left = f"{namespace[:-1]}b"
    (tmp_path / "tree" / "test_it.py").write_text(TEST.format(deed=deed.replace("ds-left", left), waits=0))
    try:
        done = _tested(tmp_path / "tree", tmp_path, within=(*NETNS, "exec", namespace), CI="true")
    finally:
        remove(left)
    assert done.returncode == (1 if words else 0), done.stdout
    assert ("the tests left behind: " in done.stderr) is bool(words)
    assert words.replace("ds-left", left) in done.stderr


@pytest.mark.world
def test_a_namespace_that_a_run_left_is_known_by_the_runs_evidence(tmp_path: Path, namespace: str) -> None:
    evidence = tmp_path / "runs" / "it" / "evidence" / "keeper.jsonl"
    evidence.parent.mkdir(parents=True)
    evidence.write_text(json.dumps(LAID | {"lease": "x", "what": f"network namespace {namespace}"}) + "\n")
    assert network_left_by(tmp_path) == [f"namespace {namespace}"]
    evidence.write_text(json.dumps(LAID | {"lease": "x", "what": "network namespace ds0000000000b"}) + "\n")
    assert network_left_by(tmp_path) == []


def _tested(
    tree: Path, cwd: Path, inherited: int | None = None, within: tuple[str, ...] = (), **more: str
) -> "subprocess.CompletedProcess[str]":
    argv = [*within, sys.executable, "-m", "pytest", "-q", "-p", "tests.residue", "-p", "no:cacheprovider"]
    argv += ["-c", os.devnull, "--rootdir", str(tree), "--basetemp", str(cwd / "base"), str(tree)]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "CI": "", **more}
    handles = () if inherited is None else (inherited,)
    return subprocess.run(argv, cwd=cwd, env=env, capture_output=True, text=True, timeout=LIMIT_S, pass_fds=handles)
