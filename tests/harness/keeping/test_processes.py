"""Processes are started with a ready line, ended by their handle, and known again by pid and start time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.keeping.processes import Child, Identity, NotStarted

pytestmark = pytest.mark.world

READY = "import json, sys, signal; print('hello'); print(json.dumps({'ready': 'x', 'port': 1}), flush=True); "


def child(tmp_path: Path, code: str) -> Child:
    """A child that runs `code`."""
    return Child("x", [sys.executable, "-c", code], os.environ, tmp_path / "x.log")


def test_a_child_is_ready_when_it_says_so_and_ends_when_its_stdin_closes(tmp_path: Path) -> None:
    found = child(tmp_path, READY + "sys.stdin.read(); print('bye')")
    assert found.ready(5) == {"ready": "x", "port": 1}
    assert found.alive
    ended = found.end()
    assert (ended.code, ended.how, ended.abnormal) == (0, "stdin", False)
    assert (tmp_path / "x.log").read_text() == "hello\nbye\n"


@pytest.mark.parametrize(
    ("deafness", "code", "how"),
    [("", -15, "terminated"), ("signal.signal(signal.SIGTERM, signal.SIG_IGN); ", -9, "killed")],
)
def test_a_child_that_does_not_listen_is_ended_anyway(tmp_path: Path, deafness: str, code: int, how: str) -> None:
    found = child(tmp_path, "import signal; " + deafness + READY + "signal.pause()")
    found.ready(5)
    ended = found.end(patience_s=0.2)
    assert (ended.code, ended.how, ended.abnormal) == (code, how, True)


def test_a_child_that_ended_by_itself_is_said_to_have(tmp_path: Path) -> None:
    found = child(tmp_path, READY)
    found.ready(5)
    assert found.wait() == 0
    assert (found.end().how, found.end().abnormal) == ("itself", True)


def test_a_child_that_is_never_ready_says_its_last_words(tmp_path: Path) -> None:
    found = child(tmp_path, "import sys; sys.exit('the port is in use')")
    with pytest.raises(NotStarted, match="x did not start: exit code 1: the port is in use"):
        found.ready(5)
    found.end()


def test_a_program_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="process x: expected a program that can be started"):
        Child("x", [str(tmp_path / "nothing")], {}, tmp_path / "x.log")


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "blocked").touch()
    with pytest.raises(BadInput, match="log of x: expected a file that can be written"):
        Child("x", [sys.executable], {}, tmp_path / "blocked" / "x.log")


def test_a_process_is_known_by_pid_and_start_time(tmp_path: Path) -> None:
    found = child(tmp_path, READY + "sys.stdin.read()")
    found.ready(5)
    found.record(tmp_path / "children.jsonl")
    recorded = json.loads((tmp_path / "children.jsonl").read_text())
    identity = Identity(recorded["pid"], recorded["start_time"])
    assert identity.alive
    assert not Identity(identity.pid, identity.start_time + 1).alive
    assert not Identity(identity.pid, identity.start_time + 1).end()
    assert found.alive
    found.end()
    assert not identity.alive


def test_a_process_that_nobody_waits_for_can_be_ended_by_identity() -> None:
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); "
         "signal.pause()"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    with sleeper:
        assert sleeper.stdout is not None
        sleeper.stdout.readline()
        identity = Identity.of(sleeper.pid)
        assert identity is not None
        assert identity.end(patience_s=0.2)
        assert not identity.alive  # its remains are still there, and count as ended
        assert not identity.end()
    assert sleeper.returncode == -9
