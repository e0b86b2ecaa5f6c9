"""What counts as a tracker that was killed, or paused: being slow is neither."""

import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.breaking.process import SILENT, gone, still
from harness.keeping.keeper import Holder, start_keeper
from harness.waiting import until
from harness.world import Dialect, Tracker, World
from tests.harness.cloud_world import world_at

# Says that it is there, and ends with its stdin.
IDLE = """
import sys
print('{"ready": "tracker"}', flush=True)
sys.stdin.read()
"""


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of something that takes connections, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holder]:
    """A keeper that holds a process of a tracker."""
    monkeypatch.setenv("DESKSTORM_STATE", str(tmp_path / "state"))
    found = start_keeper(tmp_path / f"run-{os.getpid()}")
    found.hold_run(60.0, lambda reason: None)
    found.spawn("tracker", [sys.executable, "-c", IDLE])
    yield found
    found.finish()


def world(url: str, keeper_socket: str = "") -> World:
    tracker = Tracker(url, None, Dialect.GENESYS, ours=True, kept=True)
    return replace(world_at("http://a", "http://a"), tracker=tracker, keeper_socket=keeper_socket)


def test_a_tracker_that_does_not_answer_is_not_killed_while_it_takes_connections(mute: str) -> None:
    assert gone(world(mute)) == "one that takes connections"


def test_a_tracker_that_refuses_connections_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    assert gone(world(url)) == SILENT


@pytest.mark.world
def test_a_tracker_that_does_not_answer_is_not_paused_while_its_process_runs(mute: str, keeper: Holder) -> None:
    held = world(mute, str(keeper.socket))
    assert still(held).startswith("a process in state ")
    keeper.pause("tracker")
    # A process stops when it gets to see the signal.
    assert until(lambda: still(held) == SILENT, "the process to stop", within_s=20)
    keeper.pause("tracker", paused=False)
    assert still(held).startswith("a process in state ")
