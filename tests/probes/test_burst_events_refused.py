"""What becomes of the events of a burst."""

import pytest

from harness.errors import NoEvidence
from probes.burst_events_refused import burst_events_refused
from tests.probes.conftest import Scene


def test_what_was_refused_for_good_is_counted_over_all_bursts(scene: Scene) -> None:
    for number, refused in enumerate((2, 0)):
        scene.at(number, "chaos", "burst.started", conversations={"c-1": 9}, events=9)
        scene.at(number + 0.5, "chaos", "burst.ended", taken=7, refused=refused, unknown=3, unsent=0)
    assert burst_events_refused(configuration=scene.configuration) == 2


def test_a_burst_must_have_ended(scene: Scene) -> None:
    with pytest.raises(NoEvidence, match="bursts that have ended, found 0 of 0"):
        burst_events_refused(configuration=scene.configuration)
    scene.at(1, "chaos", "burst.started", conversations={"c-1": 9}, events=9)
    with pytest.raises(NoEvidence, match="bursts that have ended, found 0 of 1"):
        burst_events_refused(configuration=scene.configuration)
