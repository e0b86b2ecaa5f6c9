"""What the tracker tells, against the cloud's own state."""

from contextlib import ExitStack
from typing import Any

import pytest

from harness.errors import NoEvidence
from probes.share_of_interactions_true import share_of_interactions_true
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, SALES, health, visit, with_tracker

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
