"""How often an alert that goes on is told again."""

from contextlib import ExitStack

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.reminders_per_period import reminders_per_period
from tests.probes.conftest import Scene
from tests.probes.tracked import alerted, with_tracker


def test_reminders_are_counted_from_the_first_notice_to_the_end(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    for ago_s in (80, 60, 40, 20):
        alerted(scene, "c-1", ago_s, state="firing" if ago_s == 80 else "still firing")
    alerted(scene, "c-2", 80)
    alerted(scene, "c-2", 40, state="resolved")
    alerted(scene, "c-3", 30)
    assert reminders_per_period(20, configuration=scene.configuration) == pytest.approx(0.75, abs=0.03)
    assert reminders_per_period(20, "min", configuration=scene.configuration) == 0
    assert reminders_per_period(40, configuration=scene.configuration) == pytest.approx(1.5, abs=0.06)


def test_an_alertmanager_is_reminded_by_the_same_alert(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    for ago_s in (100, 80, 60):
        alerted(scene, "c-1", ago_s, sink="alertmanager")
    alerted(scene, "c-1", 40, sink="alertmanager", state="resolved")
    assert reminders_per_period(30, configuration=scene.configuration) == pytest.approx(1.0, abs=0.03)


def test_alerts_that_were_soon_over_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    alerted(scene, "c-1", 30)
    with pytest.raises(NoEvidence, match="alerts that fired for 40 s"):
        reminders_per_period(20, configuration=scene.configuration)


def test_a_tracker_of_others_was_never_told_how_often(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles, ours=False)
    alerted(scene, "c-1", 300)
    with pytest.raises(CannotTell):
        reminders_per_period(20, configuration=scene.configuration)
