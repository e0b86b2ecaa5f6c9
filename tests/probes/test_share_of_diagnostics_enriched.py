"""Diagnostics that tell who is in the call."""

from contextlib import ExitStack

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.share_of_diagnostics_enriched import share_of_diagnostics_enriched
from tests.probes.conftest import Scene
from tests.probes.tracked import BILLING, health, visit, with_tracker


def test_answers_without_all_participants_and_errors_are_not_enriched(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    for number in range(5):
        visit(scene, f"c-{number}", BILLING, 1_000)
    stay = (BILLING, 1_000, None)
    tracker.health = {
        "c-0": health(stay, participants=[{"id": "customer"}, {"id": "acd"}], enrichment={"ok": True}),
        "c-1": health(stay, participants=[], enrichment={"ok": False, "reason": "no token"}),
        "c-2": 401,
        "c-3": health(stay, participants=[{"id": "customer"}], enrichment={"ok": True}),  # a page is missing
    }
    assert share_of_diagnostics_enriched(configuration=scene.configuration) == 0.2


def test_a_tracker_that_never_tells_participants_cannot_tell(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    visit(scene, "c-0", BILLING, 1_000)
    tracker.health["c-0"] = health((BILLING, 1_000, None), participants=None)
    with pytest.raises(CannotTell):
        share_of_diagnostics_enriched(configuration=scene.configuration)


def test_no_conversations_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    with pytest.raises(NoEvidence):
        share_of_diagnostics_enriched(configuration=scene.configuration)
