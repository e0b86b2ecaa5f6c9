"""Acknowledged, and gone."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from probes.acknowledged_events_lost import acknowledged_events_lost
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, SALES, delivered, fed, health, with_tracker


def test_what_was_made_up_and_acknowledged_must_be_told(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    delivered(scene, "d-1", "c-1", (1_000, True, BILLING))
    delivered(scene, "d-2", "c-1", (2_000, False, BILLING))
    delivered(scene, "d-3", "c-1", (3_000, True, SALES), taken=False)
    delivered(scene, "d-4", "c-1")
    tracker.health["c-1"] = health((BILLING, 1_000, 2_000))
    assert acknowledged_events_lost(configuration=scene.configuration) == 0
    tracker.health["c-1"] = health((BILLING, 1_000, None))
    assert acknowledged_events_lost(configuration=scene.configuration) == 1
    del tracker.health["c-1"]
    assert acknowledged_events_lost(configuration=scene.configuration) == 2


def test_what_the_cloud_fed_and_was_acknowledged_must_be_told(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    fed(scene, "e-1", "c-1", "acd.start", 0, 200)
    fed(scene, "e-2", "c-1", "acd.end", 503)
    fed(scene, "e-3", "c-1", "customer.end", 200)
    assert acknowledged_events_lost(configuration=scene.configuration) == 1
    tracker.health["c-1"] = health((BILLING, 1_000, None))
    assert acknowledged_events_lost(configuration=scene.configuration) == 0


def test_without_acknowledged_events_there_is_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    delivered(scene, "d-1", "c-1", (1_000, True, BILLING), taken=False)
    with pytest.raises(NoEvidence):
        acknowledged_events_lost(configuration=scene.configuration)
