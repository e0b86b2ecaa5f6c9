"""What the tracker does not forget."""

from contextlib import ExitStack

import pytest

from harness.errors import CannotTell
from probes.interactions_remembered import interactions_remembered
from tests.probes.conftest import Scene
from tests.probes.tracked import with_tracker

METRICS = """# HELP tracker_interactions Conversations in memory, by state
# TYPE tracker_interactions gauge
tracker_interactions{state="open"} 3.0
tracker_interactions{state="stuck"} 1.0
tracker_interactions{state="all"} 5.0
"""


def test_those_that_are_over_and_in_memory_are_counted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles).metrics = METRICS
    assert interactions_remembered(configuration=scene.configuration) == 2


@pytest.mark.parametrize("metrics", [None, "go_goroutines 8\n"])
def test_a_tracker_without_the_metric_cannot_tell(scene: Scene, handles: ExitStack, metrics: str | None) -> None:
    with_tracker(scene, handles).metrics = metrics
    with pytest.raises(CannotTell):
        interactions_remembered(configuration=scene.configuration)
