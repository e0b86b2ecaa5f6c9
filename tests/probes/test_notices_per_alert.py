"""How often one alert is told."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from probes.notices_per_alert import notices_per_alert
from tests.probes.conftest import Scene
from tests.probes.tracked import SALES, alerted, waits, with_tracker


def test_beginnings_are_counted_for_each_alert_and_sink(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    alerted(scene, "c-1", 40)
    alerted(scene, "c-1", 40, sink="slack")
    waits(scene, "c-2", since_s=400, until_s=250)
    waits(scene, "c-2", since_s=150, number=2)
    alerted(scene, "c-2", 300)
    alerted(scene, "c-2", 50)
    alerted(scene, "c-1", 30, state="still firing")
    alerted(scene, "c-1", 20, state="resolved")
    assert notices_per_alert(configuration=scene.configuration) == 1
    alerted(scene, "c-1", 10)
    assert notices_per_alert(configuration=scene.configuration) == 2
    alerted(scene, "c-1", 10, key="another key")
    assert notices_per_alert(configuration=scene.configuration) == 3


def test_where_no_queue_is_named_each_stay_of_the_conversation_may_be_alerted_once(
    scene: Scene, handles: ExitStack
) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=400, until_s=250)
    waits(scene, "c-1", since_s=200, queue=SALES, number=2)
    for ago_s in (300, 100):
        alerted(scene, "c-1", ago_s, queue=None)
    assert notices_per_alert(configuration=scene.configuration) == 1
    alerted(scene, "c-1", 50, queue=None)
    assert notices_per_alert(configuration=scene.configuration) == 2


def test_alerts_about_no_conversation_are_not_counted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    alerted(scene, "c-1", 40)
    for ago_s in (30, 20):
        alerted(scene, None, ago_s, alert="the store is down", queue=None)
    assert notices_per_alert(configuration=scene.configuration) == 1


def test_alerts_about_what_was_not_told_to_its_end_are_not_counted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    alerted(scene, "c-1", 40)
    scene.at(1, "chaos", "burst.started", conversations={"c-2": 2}, events=2)
    for ago_s in (30, 20):
        alerted(scene, "c-2", ago_s)
    assert notices_per_alert(configuration=scene.configuration) == 1
    for number in (1, 2):
        scene.at(2, "chaos", "delivery.ok", delivery=f"d-{number}", conversation="c-2", status=200)
    assert notices_per_alert(configuration=scene.configuration) == 2


def test_no_alerts_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    with pytest.raises(NoEvidence):
        notices_per_alert(configuration=scene.configuration)
