"""The number of agents that never came back."""

import pytest

from harness.errors import NoEvidence
from probes.agents_not_reconnected import agents_not_reconnected
from tests.probes.conftest import A, B, Scene


def test_it_is_0_when_everybody_is_back(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.fault(9)
    scene.socket(A, 12, number=2)
    assert agents_not_reconnected(configuration=scene.configuration) == 0


def test_it_counts_who_is_still_away(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.socket(B, 1, 10, number=2)
    scene.fault(9)
    scene.socket(A, 12, number=3)
    assert agents_not_reconnected(within_s=1, configuration=scene.configuration) == 1


def test_without_a_drop_it_says_that_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.socket(A, 1, number=1)
    scene.fault(9)
    with pytest.raises(NoEvidence):
        agents_not_reconnected(configuration=scene.configuration)
