"""Alerts that should have come."""

from contextlib import ExitStack

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.alerts_missing import alerts_missing
from tests.probes.conftest import Scene
from tests.probes.tracked import alerted, waits, with_tracker


def test_a_stay_beyond_the_limit_must_be_alerted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    waits(scene, "c-2", since_s=150)
    waits(scene, "c-3", since_s=50)
    alerted(scene, "c-1", 45)
    assert alerts_missing("stuck", configuration=scene.configuration) == 1
    alerted(scene, "c-2", 1)
    assert alerts_missing("stuck", configuration=scene.configuration) == 0


def test_what_one_sink_got_another_may_miss(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    alerted(scene, "c-1", 45, sink="slack")
    assert alerts_missing(configuration=scene.configuration) == 0
    assert alerts_missing(sink="slack", configuration=scene.configuration) == 0
    assert alerts_missing(sink="generic", configuration=scene.configuration) == 1


def test_one_bounce_too_many_must_be_alerted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    for number in range(5):
        since = 80 - number * 10
        waits(scene, "c-1", since_s=since, until_s=since - 5, number=number)
    assert alerts_missing("bouncing", configuration=scene.configuration) == 1
    alerted(scene, "c-1", 35, alert="bouncing")
    assert alerts_missing("", configuration=scene.configuration) == 0


def test_what_went_beyond_just_now_or_for_a_moment_does_not_count(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=105)
    waits(scene, "c-2", since_s=200, until_s=95)
    with pytest.raises(NoEvidence):
        alerts_missing(configuration=scene.configuration)


def test_a_tracker_of_others_that_never_alerts_cannot_tell(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles, ours=False)
    waits(scene, "c-1", since_s=150)
    with pytest.raises(CannotTell):
        alerts_missing(configuration=scene.configuration)


def test_there_is_nothing_to_measure_without_a_tracker(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        alerts_missing(configuration=scene.configuration)


def test_a_stay_that_the_tracker_was_told_of_too_late_need_not_be_alerted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=200)
    waits(scene, "c-2", since_s=200)
    told = {"conversation": "c-2", "topic": "v2.detail.events.conversation.c-2.acd.start"}
    scene.at(1, "cloud", "cloud.feed.sent", event="e-1", attempt=1, **told)
    scene.at(2, "cloud", "cloud.feed.answered", event="e-1", status=503)
    assert alerts_missing(configuration=scene.configuration) == 1


def test_so_many_must_be_due(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    for conversation in ("c-1", "c-2"):
        waits(scene, conversation, since_s=150)
        alerted(scene, conversation, 45)
    waits(scene, "c-3", since_s=50)
    assert alerts_missing(at_least=2, configuration=scene.configuration) == 0
    with pytest.raises(NoEvidence, match="at least 3 that must be alerted"):
        alerts_missing(at_least=3, configuration=scene.configuration)


def test_those_that_must_be_alerted_are_waited_for(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    waits(scene, "c-2", since_s=95)
    alerted(scene, "c-1", 45)
    assert alerts_missing(grace_s=1, within_s=30, at_least=2, configuration=scene.configuration) == 1


def test_a_tracker_of_others_whose_limits_nothing_reaches_cannot_tell(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles, ours=False)
    waits(scene, "c-1", since_s=50)
    alerted(scene, "c-1", 10)
    with pytest.raises(CannotTell, match="its limits are 100 s and 3 bounces"):
        alerts_missing(configuration=scene.configuration)
