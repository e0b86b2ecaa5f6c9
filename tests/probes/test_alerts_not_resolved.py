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


def test_what_was_over_just_now_is_waited_for_and_does_not_count(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=200, until_s=50)
    waits(scene, "c-2", since_s=200, until_s=1)
    for conversation in ("c-1", "c-2"):
        alerted(scene, conversation, 99)
    alerted(scene, "c-1", 49, state="resolved")
    assert alerts_not_resolved(grace_s=100, configuration=scene.configuration, at_least=0) == 0
    assert alerts_not_resolved(grace_s=10, within_s=20, configuration=scene.configuration) == 1


def test_an_end_that_was_told_too_early_is_none(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=200, until_s=50)
    alerted(scene, "c-1", 99)
    alerted(scene, "c-1", 60, state="resolved")
    assert alerts_not_resolved(configuration=scene.configuration) == 1
    alerted(scene, "c-1", 51, state="resolved")
    assert alerts_not_resolved(configuration=scene.configuration) == 0


def test_each_sink_must_be_told_also_by_the_key_alone(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=200, until_s=50)
    for sink in ("generic", "pagerduty"):
        alerted(scene, "c-1", 99, sink=sink)
    alerted(scene, "c-1", 49, state="resolved")
    assert alerts_not_resolved(configuration=scene.configuration) == 0
    assert alerts_not_resolved(sink="pagerduty", configuration=scene.configuration) == 1
    alerted(scene, None, 49, state="resolved", sink="pagerduty", queue=None)
    assert alerts_not_resolved(sink="pagerduty", configuration=scene.configuration) == 0


def test_so_many_must_be_over(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=200, until_s=50)
    alerted(scene, "c-1", 99)
    alerted(scene, "c-1", 49, state="resolved")
    with pytest.raises(NoEvidence, match="at least 2 alerts whose cause is over"):
        alerts_not_resolved(at_least=2, configuration=scene.configuration)
