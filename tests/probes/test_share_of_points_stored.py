"""Points in the time-series store."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from probes.share_of_points_stored import share_of_points_stored
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, SALES, delivered, visit, with_tracker


def test_each_stay_that_is_over_needs_a_point_by_tag_or_field(scene: Scene, handles: ExitStack) -> None:
    receiver = with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    visit(scene, "c-1", SALES, 3_000)
    delivered(scene, "d-1", "c-2", (1_000, True, BILLING), (2_000, False, BILLING))
    point = {"measurement": "interaction_state", "tags": {"queue_id": BILLING}, "time_ms": 1.0}
    receiver.points = [{**point, "fields": {"conversation_id": "c-1"}}] * 2
    assert share_of_points_stored(configuration=scene.configuration) == 0.5
    receiver.points.append({**point, "tags": {"conversation_id": "c-2"}, "fields": {"dwell_seconds": 1.0}})
    assert share_of_points_stored(configuration=scene.configuration) == 1.0


def test_no_stay_that_is_over_is_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000)
    with pytest.raises(NoEvidence):
        share_of_points_stored(configuration=scene.configuration)


def test_there_must_be_a_store(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        share_of_points_stored(configuration=scene.configuration)
