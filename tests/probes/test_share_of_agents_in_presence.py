"""Agents in the presence that they should be in, on a real cloud."""

import pytest

from probes.share_of_agents_in_presence import share_of_agents_in_presence
from tests.probes.conftest import MEETING, A, B, C, Scene

pytestmark = pytest.mark.world


@pytest.mark.parametrize("spelling", ["Meeting", "MEETING"])
def test_it_is_what_the_supervisor_sees(scene: Scene, spelling: str) -> None:
    scene.with_cloud()
    for agent in (A, B):
        scene.set_presence(agent, MEETING)
    assert share_of_agents_in_presence(spelling, within_s=1, configuration=scene.configuration) == 0.6667
    scene.set_presence(C, MEETING)
    assert share_of_agents_in_presence(spelling, configuration=scene.configuration) == 1.0


@pytest.mark.parametrize("spelling", ["On Queue", "OnQueue", "ON_QUEUE"])
def test_all_three_spellings_are_understood(scene: Scene, spelling: str) -> None:
    scene.with_cloud()
    assert share_of_agents_in_presence(spelling, configuration=scene.configuration) == 1.0
