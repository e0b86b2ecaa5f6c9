"""How often one alert is told."""

from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from probes.notices_per_alert import notices_per_alert
from tests.probes.conftest import Scene
from tests.probes.tracked import alerted, waits, with_tracker


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
    assert notices_per_alert(reminders=True, configuration=scene.configuration) == 2
    alerted(scene, "c-1", 10)
    assert notices_per_alert(configuration=scene.configuration) == 2
    alerted(scene, "c-1", 10, key="another key")
    assert notices_per_alert(configuration=scene.configuration) == 3


def test_no_alerts_are_nothing_to_measure(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    with pytest.raises(NoEvidence):
        notices_per_alert(configuration=scene.configuration)
