"""How slow the tracker is at taking events."""

import pytest

from harness.errors import NoEvidence
from probes.ingest_p99_ms import ingest_p99_ms
from tests.probes.conftest import SCALE, Scene


def test_it_is_in_real_world_milliseconds_without_what_a_fault_held_back(scene: Scene) -> None:
    scene.call(1, None, "POST", "/eventbridge", ms=10 * SCALE)
    scene.call(1, None, "POST", "/eventbridge", ms=9_000 * SCALE, touched=["events_late"])
    scene.call(1, None, "POST", "/canary/x/eventbridge", ms=9_000 * SCALE)
    scene.call(1, None, "GET", "/eventbridge", ms=9_000 * SCALE)
    assert ingest_p99_ms(configuration=scene.configuration) == 10.0
    scene.call(2, None, "POST", "/eventbridge", ms=50 * SCALE)
    assert ingest_p99_ms(configuration=scene.configuration) == 50.0
    assert ingest_p99_ms(percent=50, configuration=scene.configuration) == 10.0


def test_no_deliveries_are_nothing_to_measure(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        ingest_p99_ms(configuration=scene.configuration)
