"""What the tracker tells, against the cloud's own state."""

from contextlib import ExitStack
from typing import Any

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.share_of_interactions_true import share_of_interactions_true
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, SALES, call, health, visit, with_tracker

TRUE = health((BILLING, 1_000, 2_000), (BILLING, 3_000, 4_000), (SALES, 5_000, None))


@pytest.mark.parametrize(
    ("answer", "share"),
    [
        (TRUE, 1.0),
        (404, 0.0),
        (health((BILLING, 1_000, 2_000), (SALES, 5_000, None)), 0.0),
        (health((BILLING, 1_000, 2_000), (BILLING, 3_000, 4_900), (SALES, 5_000, None)), 0.0),
        (health((BILLING, 1_000, 2_000), (BILLING, 3_000, 4_020), (SALES, 5_000, None)), 1.0),
        (health((BILLING, 1_000, 2_000), (BILLING, 3_000, 4_000), (SALES, 5_000, 6_000)), 0.0),
        ({**TRUE, "current_state": {**TRUE["current_state"], "bounce_count": 0}}, 0.0),
        ({**TRUE, "current_state": {**TRUE["current_state"], "queue_id": BILLING}}, 0.0),
    ],
)
def test_transitions_dwells_bounces_and_queue_must_all_be_true(
    scene: Scene, handles: ExitStack, answer: Any, share: float
) -> None:
    tracker = with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    visit(scene, "c-1", BILLING, 3_000, 4_000)
    visit(scene, "c-1", SALES, 5_000)
    tracker.health["c-1"] = answer
    assert share_of_interactions_true(configuration=scene.configuration) == share


def test_too_few_conversations_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    tracker.health["c-1"] = health((BILLING, 1_000, 2_000))
    assert share_of_interactions_true(configuration=scene.configuration) == 1.0
    with pytest.raises(NoEvidence):
        share_of_interactions_true(at_least=2, configuration=scene.configuration)


@pytest.mark.parametrize(("queue", "share"), [(None, 1.0), (BILLING, 0.0)])
def test_a_call_that_is_over_waits_nowhere(scene: Scene, handles: ExitStack, queue: str | None, share: float) -> None:
    tracker = with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    call(scene, "c-1", 1_000, 2_000)
    tracker.health["c-1"] = health((BILLING, 1_000, 2_000), state={"queue_id": queue, "open": False})
    assert share_of_interactions_true(configuration=scene.configuration) == share


@pytest.mark.parametrize("what", ["bounce_count", "queue_id", "transitions"])
def test_what_is_not_told_is_not_wrong_and_what_is_wrong_stays_wrong(
    scene: Scene, handles: ExitStack, what: str
) -> None:
    tracker = with_tracker(scene, handles)
    answer = health((BILLING, 1_000, 2_000))
    del answer["current_state"][what]
    tracker.health["c-1"] = answer
    visit(scene, "c-1", BILLING, 1_000, 2_000)
    with pytest.raises(CannotTell):
        share_of_interactions_true(configuration=scene.configuration)
    visit(scene, "c-2", BILLING, 1_000, 2_000)
    assert share_of_interactions_true(configuration=scene.configuration) == 0.5


def test_a_stay_that_lasts_may_be_told_with_its_dwell_so_far(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    visit(scene, "c-1", BILLING, 1_000)
    answer = health((BILLING, 1_000, None))
    answer["current_state"]["visits"][0]["dwell_seconds"] = 7.5
    tracker.health["c-1"] = answer
    assert share_of_interactions_true(configuration=scene.configuration) == 1.0
