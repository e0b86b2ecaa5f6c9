"""Whether the tracker's memory grows."""

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import CannotTell
from harness.keeping.keeper import Holder, start_keeper
from harness.waiting import until
from probes.tracker_memory_growth_mb import tracker_memory_growth_mb
from tests.probes.conftest import Scene

pytestmark = pytest.mark.world
MEGABYTES = 30
# Says that it is there, takes memory when the file named exists, and ends with its stdin.
GREEDY = """
import os, select, sys
print('{"ready": "tracker"}', flush=True)
taken = b""
while not select.select([sys.stdin], [], [], 0.05)[0]:
    if os.path.exists(sys.argv[1]) and not taken:
        taken = b"x" * int(sys.argv[2])
"""


@pytest.fixture
def keeper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Holder]:
    """A keeper that holds a run."""
    monkeypatch.setenv("DESKSTORM_STATE", str(tmp_path / "state"))
    found = start_keeper(tmp_path / f"run-{os.getpid()}")
    found.hold_run(60.0, lambda reason: None)
    yield found
    found.finish()


def test_growth_is_counted_from_the_first_look(scene: Scene, keeper: Holder, tmp_path: Path) -> None:
    mark = tmp_path / "take"
    command = [sys.executable, "-c", GREEDY, str(mark), str(MEGABYTES << 20)]
    keeper.spawn("tracker", command)
    scene.world = replace(scene.world, keeper_socket=str(keeper.socket))
    assert tracker_memory_growth_mb(configuration=scene.configuration) == 0
    mark.touch()
    until(lambda: tracker_memory_growth_mb(configuration=scene.configuration) >= MEGABYTES * 0.9, "it to grow", 20)


def test_a_tracker_that_the_keeper_does_not_hold_cannot_be_measured(scene: Scene, keeper: Holder) -> None:
    scene.world = replace(scene.world, keeper_socket=str(keeper.socket))
    with pytest.raises(CannotTell):
        tracker_memory_growth_mb(configuration=scene.configuration)
