"""What cannot be true of what the tracker said."""

from contextlib import ExitStack
from typing import Any

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.history_findings import history_findings
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, SALES, delivered, epoch_ms, health, with_tracker


def burst(scene: Scene) -> None:
    """One conversation that was in Billing, all of it acknowledged."""
    scene.at(2.9, "chaos", "burst.started", conversations=["c-1"], events=2)
    delivered(scene, "d-1", "c-1", (1_000, True, BILLING))
    delivered(scene, "d-2", "c-1", (2_000, False, BILLING))
    scene.at(3.1, "chaos", "burst.ended", taken=2, refused=0, unknown=0, unsent=0)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (health((BILLING, 1_000, 2_000)), None),
        (
            health((BILLING, 1_000, None)),
            f"lost: conversation c-1 left billing at {epoch_ms(2_000)}: that was acknowledged, and is gone",
        ),
        (
            health((BILLING, 1_000, 2_000), (SALES, 3_000, None)),
            f"invented: conversation c-1 entered sales at {epoch_ms(3_000)}, which nobody delivered",
        ),
        (
            health((BILLING, 1_000, 2_000), state={"bounce_count": 1}),
            "wrong: conversation c-1 has 1 bounce it says, but its transitions tell of 0 bounces",
        ),
        (404, "lost: conversation c-1 is unknown, though 2 steps of it were acknowledged"),
    ],
)
def test_the_final_state_must_follow_from_what_was_acknowledged(
    scene: Scene, handles: ExitStack, answer: Any, words: str | None
) -> None:
    tracker = with_tracker(scene, handles)
    burst(scene)
    tracker.health["c-1"] = answer
    assert history_findings(configuration=scene.configuration) == ([] if words is None else [words])


def test_a_tracker_that_tells_no_transitions_cannot_be_checked(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    burst(scene)
    answer = health((BILLING, 1_000, 2_000))
    del answer["current_state"]["transitions"]
    tracker.health["c-1"] = answer
    with pytest.raises(CannotTell):
        history_findings(configuration=scene.configuration)


def test_without_a_burst_there_is_nothing_to_check(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    with pytest.raises(NoEvidence):
        history_findings(configuration=scene.configuration)
