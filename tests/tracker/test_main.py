"""The tracker as a command: settings from the environment, a defect by name, an end by signal and by life line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tracker.running import ROOT

pytestmark = pytest.mark.world


def started(*arguments: str, **environment: str) -> "subprocess.Popen[str]":
    """A process whose stdin stays open until somebody closes it."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(arguments, cwd=ROOT, env={**os.environ, **environment}, text=True, **pipes)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_from_the_environment_until_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with started(sys.executable, "-m", "tracker", TRACKER_DATA=str(tmp_path)) as tracker:
        assert json.loads(tracker.stdout.readline() if tracker.stdout else "")["ready"] == "tracker"
        tracker.send_signal(number)
        out, err = tracker.communicate(timeout=20)
        assert out == ""
        first, last = err.splitlines()
        assert first.startswith("tracker: started: 127.0.0.1:")
        assert last == "tracker: ended in order"
    assert tracker.returncode == 0


def test_two_trackers_do_not_share_a_folder(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with started(sys.executable, "-m", "tracker", TRACKER_DATA=str(data)) as first:
        assert first.stdout and first.stdout.readline()
        with started(sys.executable, "-m", "tracker", TRACKER_DATA=str(data)) as second:
            refused = f"tracker: data: expected a folder that no other tracker uses, found '{data}'\n"
            assert second.communicate(timeout=20) == ("", refused)
        assert second.returncode == 2
        found = {path.name: path.stat().st_mode & 0o777 for path in (data, *data.iterdir())}
        assert found.pop("data") == 0o700
        assert {"tracker.sqlite", "journal.sqlite", "alerts.sqlite", "metrics.sqlite"} <= set(found)
        assert set(found.values()) == {0o600}
        first.terminate()
        first.communicate(timeout=20)


def test_its_life_ends_with_its_life_line(tmp_path: Path) -> None:
    command = str(Path(sys.executable).parent / "deskstorm")
    environment = {"TRACKER_DATA": str(tmp_path), "TRACKER_LIFE_LINE": "true"}
    with started(command, "tracker", "--defect", "torn_read", **environment) as tracker:
        assert json.loads(tracker.stdout.readline() if tracker.stdout else "")["ready"] == "tracker"
        assert tracker.communicate(timeout=20)[0] == ""
    assert tracker.returncode == 0


@pytest.mark.parametrize("command", [["-m", "tracker"], ["-m", "harness.cli", "tracker"]])
def test_an_unknown_defect_is_refused_with_those_that_there_are(tmp_path: Path, command: list[str]) -> None:
    with started(sys.executable, *command, "--defect", "perfect", TRACKER_DATA=str(tmp_path)) as tracker:
        out, err = tracker.communicate(timeout=20)
    assert (tracker.returncode, out) == (2, "")
    assert err.startswith("tracker: defect: expected one of ['ack_before_durable',")
    assert err.endswith("found 'perfect'\n")
