"""How much of the floor knocks in the same moment."""

import pytest

from harness.errors import NoEvidence
from probes.share_reconnecting_together import share_reconnecting_together
from tests.probes.conftest import A, B, C, Scene


def test_it_is_1_in_lockstep(scene: Scene) -> None:
    scene.fault(9)
    for agent in (A, B, C):
        scene.at(12, "wire", "ws.refused", agent, channel="c", status=503)
    assert share_reconnecting_together(configuration=scene.configuration) == 1.0


def test_one_agent_who_knocks_thrice_is_one_agent(scene: Scene) -> None:
    scene.fault(9)
    for second, agent in ((12, A), (12.1, A), (12.2, A), (15, B), (18, C)):
        scene.at(second, "wire", "ws.refused", agent, channel="c", status=503)
    assert share_reconnecting_together(configuration=scene.configuration) == 0.3333


def test_the_first_tries_can_be_left_out(scene: Scene) -> None:
    scene.fault(9)
    for agent in (A, B, C):
        scene.at(10, "wire", "ws.refused", agent, channel="c", status=503)
    for second, agent in ((12, A), (15, B), (18, C)):
        scene.at(second, "wire", "ws.refused", agent, channel="c", status=503)
    assert share_reconnecting_together(after_attempt=1, configuration=scene.configuration) == 0.3333


def test_nobody_is_nothing_to_measure(scene: Scene) -> None:
    scene.fault(9)
    with pytest.raises(NoEvidence):
        share_reconnecting_together(configuration=scene.configuration)
