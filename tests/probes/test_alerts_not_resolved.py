"""Alerts that go on after their cause."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from probes.alerts_not_resolved import alerts_not_resolved
from tests.probes.conftest import Scene
from tests.probes.tracked import alerted, waits, with_tracker


def test_an_alert_whose_cause_is_over_must_be_resolved(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=200, until_s=50)
    alerted(scene, "c-1", 99)
    assert alerts_not_resolved(configuration=scene.configuration) == 1
    alerted(scene, "c-1", 49, state="resolved")
    assert alerts_not_resolved(configuration=scene.configuration) == 0


def test_alerts_whose_cause_lasts_or_that_never_came_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=200)
    waits(scene, "c-2", since_s=200, until_s=50)
    alerted(scene, "c-1", 99)
    with pytest.raises(NoEvidence):
        alerts_not_resolved(configuration=scene.configuration)
