"""Diagnostics that answer what the tracker knows, whatever its cloud does."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from probes.share_of_diagnostics_answered import share_of_diagnostics_answered
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, health, visit, with_tracker

STAY = (BILLING, 1_000, None)


def test_what_the_tracker_knows_is_an_answer_and_errors_and_claims_are_none(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    for number in range(5):
        visit(scene, f"c-{number}", BILLING, 1_000)
    tracker.health = {
        "c-0": 500,
        "c-1": health(STAY, participants=[{"id": "customer"}], enrichment={"ok": True}),
        "c-2": health(STAY, participants=[], enrichment={"ok": False, "reason": "the cloud is down"}),
        "c-3": health(STAY, participants=[], enrichment={"ok": True}),
        "c-4": 502,
    }
    assert share_of_diagnostics_answered(configuration=scene.configuration) == 0.5
    assert share_of_diagnostics_answered(newest=5, configuration=scene.configuration) == 0.4


def test_an_answer_that_takes_too_long_is_none(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    visit(scene, "c-0", BILLING, 1_000)
    tracker.health["c-0"] = health(STAY)
    assert share_of_diagnostics_answered(answer_s=0.0001, configuration=scene.configuration) == 0.0


def test_no_conversations_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    with pytest.raises(NoEvidence):
        share_of_diagnostics_answered(configuration=scene.configuration)
