"""How often each event is sent."""

import pytest

from harness.errors import NoEvidence
from probes.deliveries_per_event import deliveries_per_event
from tests.probes.conftest import Scene
from tests.probes.tracked import delivered, fed


def test_attempts_are_counted_for_each_event(scene: Scene) -> None:
    fed(scene, "e-1", "c-1", "acd.start", 200)
    delivered(scene, "d-1", "c-2")
    assert deliveries_per_event(configuration=scene.configuration) == 1.0
    fed(scene, "e-2", "c-1", "acd.end", 0, 503, 200, 200)
    assert deliveries_per_event(configuration=scene.configuration) == 2.0


def test_no_deliveries_are_nothing_to_measure(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        deliveries_per_event(configuration=scene.configuration)
