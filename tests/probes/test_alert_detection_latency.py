"""From going beyond the limit to the alert."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from harness.observing.figures import NEVER_S
from probes.alert_detection_latency import alert_detection_latency
from tests.probes.conftest import Scene
from tests.probes.tracked import alerted, waits, with_tracker


def test_it_counts_from_the_limit_to_the_first_alert(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    waits(scene, "c-2", since_s=150)
    alerted(scene, "c-1", 45)
    alerted(scene, "c-2", 30)
    alerted(scene, "c-2", 10, state="still firing")
    assert alert_detection_latency("min", configuration=scene.configuration) == pytest.approx(5, abs=1)
    assert alert_detection_latency("max", configuration=scene.configuration) == pytest.approx(20, abs=1)


def test_what_is_never_alerted_counts_as_never(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    assert alert_detection_latency(configuration=scene.configuration) == NEVER_S


def test_there_must_be_something_to_alert(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=10)
    with pytest.raises(NoEvidence):
        alert_detection_latency(configuration=scene.configuration)


def test_what_comes_before_the_limit_is_no_alert_about_it(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    alerted(scene, "c-1", 70)
    assert alert_detection_latency(configuration=scene.configuration) == NEVER_S
    alerted(scene, "c-1", 51)
    assert alert_detection_latency(configuration=scene.configuration) == 0
