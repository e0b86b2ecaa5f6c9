"""A state folder of its own for each test, and chaos processes in small that tests may end as they like."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.keeping import leftovers
from tests.simulator.cloud.conftest import cloud as cloud
from tests.simulator.cloud.conftest import start_cloud as start_cloud

STAGE = Path(__file__).parent / "stage"
Holding = Callable[..., "Chaos"]


class Chaos:
    """A process of `stage/holding.py`. `fault` exists while its fault is in force."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.folder = folder
        self.fault = folder.parent / f"{folder.name}.fault"
        self.process = subprocess.Popen(
            [sys.executable, str(STAGE / "holding.py"), str(folder), str(self.fault), json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.reached = self.word()

    def word(self) -> dict[str, Any]:
        """The next line it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the chaos process ended with {self.process.wait()}"
        found: dict[str, Any] = json.loads(line)
        return found

    def finish(self) -> dict[str, Any]:
        """Let it end in order; its last word."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.word()

    def verdict(self) -> dict[str, Any] | None:
        """The run's verdict, if there is one."""
        path = self.folder / "verdict.json"
        found: dict[str, Any] | None = json.loads(path.read_text()) if path.exists() else None
        return found

    def close(self) -> None:
        """End it by force if it still runs."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        self.process.wait()


@pytest.fixture
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where this test's runs keep their state; undo functions come from `stage/`."""
    folder = tmp_path / "state"
    monkeypatch.setenv("DESKSTORM_STATE", str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(STAGE), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep))
    monkeypatch.syspath_prepend(str(STAGE))
    yield folder
    if folder.is_dir():
        leftovers.stop_all()


@pytest.fixture
def holding(tmp_path: Path, state_folder: Path) -> Iterator[Holding]:
    """Start a chaos process in small: `holding("name", step="confirmed", seconds=30, lease_s=30, signal=0)`."""
    started: list[Chaos] = []

    def start(name: str = "run", **given: Any) -> Chaos:
        started.append(Chaos(tmp_path / name, **given))
        return started[-1]

    yield start
    for chaos in started:
        chaos.close()
