"""A tracker that dies by itself."""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.tracker_crashes import tracker_crashes
from tests.probes.conftest import Scene
from tests.probes.tracked import with_tracker


def test_each_death_that_nobody_ordered_counts(scene: Scene) -> None:
    with ExitStack() as handles:
        with_tracker(scene, handles)
        assert tracker_crashes(configuration=scene.configuration) == 0
        scene.at(5, "keeper", "process.died", name="tracker", pid=1, code=-11)
        scene.at(6, "keeper", "process.struck", name="tracker", pid=2, down_s=None)
        scene.at(7, "keeper", "process.died", name="tracker", pid=3, code=1)
        assert tracker_crashes(configuration=scene.configuration) == 2


def test_of_a_tracker_that_nobody_watches_nobody_can_tell(scene: Scene) -> None:
    with ExitStack() as handles:
        with_tracker(scene, handles)
        assert scene.world.tracker is not None
        scene.world = replace(scene.world, tracker=replace(scene.world.tracker, kept=False))
        with pytest.raises(CannotTell):
            tracker_crashes(configuration=scene.configuration)


def test_a_world_without_a_tracker_has_nothing_to_count(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        tracker_crashes(configuration=scene.configuration)
