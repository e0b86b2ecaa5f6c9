"""Points in the time-series store."""

from contextlib import ExitStack

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.share_of_points_stored import share_of_points_stored
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, SALES, delivered, visit, with_tracker


def test_each_stay_that_is_over_needs_a_point_by_tag_or_field(scene: Scene, handles: ExitStack) -> None:
    receiver = with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    visit(scene, "c-1", SALES, 3_000)
    delivered(scene, "d-1", "c-2", (1_000, True, BILLING), (2_000, False, BILLING))
    point = {"measurement": "interaction_state", "tags": {"queue_id": BILLING}, "time_ms": 1.0}
    receiver.points = [{**point, "fields": {"conversation_id": "c-1", "dwell_seconds": 1.0}}] * 2
    assert share_of_points_stored(configuration=scene.configuration) == 0.5
    receiver.points.append({**point, "tags": {"conversation_id": "c-2"}, "fields": {"dwell_ms": 1000}})
    assert share_of_points_stored(configuration=scene.configuration) == 1.0


def test_no_stay_that_is_over_is_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000)
    with pytest.raises(NoEvidence):
        share_of_points_stored(configuration=scene.configuration)


def test_there_must_be_a_store(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        share_of_points_stored(configuration=scene.configuration)


@pytest.mark.parametrize(
    ("told", "share"),
    [
        ([{"dwell_seconds": 1.0}, {"dwell_seconds": 4.03}], 1.0),
        ([{"dwell_seconds": 4.0}, {"dwell": "1"}], 1.0),
        ([{"dwell_seconds": 1.0}, {"dwell_seconds": 1.0}], 0.5),
        ([{"dwell_seconds": 1.2}, {"dwell_seconds": 0.0}, {"dwellMs": 4000}], 0.5),
        ([{"dwell_seconds": 1000.0}, {"bounce_count": 1}], 0.0),
    ],
)
def test_a_point_must_say_how_long_the_stay_was(
    scene: Scene, handles: ExitStack, told: list[dict[str, object]], share: float
) -> None:
    receiver = with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    visit(scene, "c-1", SALES, 3_000, 7_000)
    tags = {"conversation_id": "c-1"}
    receiver.points = [
        {"measurement": "m", "tags": tags, "time_ms": float(n), "fields": fields} for n, fields in enumerate(told)
    ]
    assert share_of_points_stored(configuration=scene.configuration) == share


def test_points_of_others_that_name_no_conversation_cannot_tell(scene: Scene, handles: ExitStack) -> None:
    receiver = with_tracker(scene, handles, ours=False)
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    receiver.points = [{"measurement": "m", "tags": {}, "time_ms": 1.0, "fields": {"dwell_seconds": 1.0}}]
    with pytest.raises(CannotTell, match="no point that names a conversation"):
        share_of_points_stored(configuration=scene.configuration)
    receiver.points = [{"measurement": "m", "tags": {"conversation": "c-1"}, "time_ms": 1.0, "fields": {"dwell": 9}}]
    assert share_of_points_stored(configuration=scene.configuration) == 0.0
