"""Real crowd processes for tests: `start_crowd(cloud)` gives one whose desktops belong to the cloud's agents."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.evidence import Evidence, read
from harness.waiting import until
from tests.simulator.cloud.conftest import AGENTS, DESKTOP_CLIENT_ID, QUEUE_ID, CloudProcess, cloud, start_cloud

__all__ = ["CrowdProcess", "StartCrowd", "cloud", "start_cloud", "start_crowd"]

ROOT = Path(__file__).parents[3]


def crowd_settings(folder: Path, cloud: CloudProcess, **changes: Any) -> dict[str, Any]:
    """Settings of a crowd of all the cloud's agents; `changes` replace keys."""
    return {
        "agents": [{"id": a.id, "name": a.name, "refresh_token": a.refresh_token} for a in AGENTS],
        "api": cloud.api,
        "login": cloud.api,
        "ca": cloud.ready["ca"],
        "desktop_client_id": DESKTOP_CLIENT_ID,
        "time_scale": cloud.settings["time_scale"],
        "seed": 7,
        "evidence": str(folder / "evidence"),
        "store": str(folder / "store"),
        "queue_id": QUEUE_ID,
        **changes,
    }


def run_crowd(path: Path, settings: Any) -> subprocess.CompletedProcess[str]:
    """Run a crowd that ends by itself."""
    path.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    argv = [sys.executable, "-m", "simulator.desktop", "--settings", str(path)]
    return subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)


class CrowdProcess:
    """One running crowd: what its desktops believe, and what a human could do to them."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self.folder = folder
        path = folder / "crowd.json"
        path.write_text(json.dumps(settings))
        argv = [sys.executable, "-m", "simulator.desktop", "--settings", str(path)]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = str(json.loads(self.process.stdout.readline())["url"])

    def end(self) -> int:
        """End it by closing its stdin; the exit code."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(timeout=10)

    def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def desktops(self) -> dict[str, dict[str, Any]]:
        """What each desktop believes, by agent."""
        found = httpx.get(f"{self.url}/desktops", trust_env=False).json()
        return {desktop["agent"]: desktop for desktop in found}

    def desktop(self, agent: str) -> dict[str, Any]:
        """What one desktop believes."""
        return dict(httpx.get(f"{self.url}/desktops/{agent}", trust_env=False).json())

    def wish(self, agent: str, name: str, **given: Any) -> httpx.Response:
        """What a human agent does."""
        return httpx.post(f"{self.url}/desktops/{agent}/{name}", json=given, trust_env=False)

    def evidence(self) -> Evidence:
        """What it wrote so far."""
        return read(self.folder / "evidence")

    def on_queue(self) -> bool:
        """Wait until all desktops are connected and On Queue."""

        def all_are() -> bool:
            return all(desktop["connected"] and desktop["on_queue"] for desktop in self.desktops().values())

        return until(all_are, "all desktops connected and On Queue", within_s=20)


StartCrowd = Callable[..., CrowdProcess]


@pytest.fixture
def start_crowd(tmp_path: Path) -> Iterator[StartCrowd]:
    """Call it with a cloud and changed settings; the second crowd of a test has the store of the first."""
    folder = tmp_path / "crowd"
    folder.mkdir()
    with ExitStack() as handles:

        def start(cloud: CloudProcess, **changes: Any) -> CrowdProcess:
            crowd = CrowdProcess(folder, crowd_settings(folder, cloud, **changes))
            handles.callback(crowd.end)
            return crowd

        yield start
