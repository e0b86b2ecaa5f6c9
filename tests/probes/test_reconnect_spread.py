"""Lockstep or spread."""

import pytest

from harness.errors import NoEvidence
from probes.reconnect_spread import reconnect_spread
from tests.probes.conftest import A, B, C, Scene


def drop_all(scene: Scene) -> None:
    """The whole floor loses its sockets at second 10."""
    for number, agent in enumerate((A, B, C), 1):
        scene.socket(agent, 1, 10, number=number)
    scene.fault(9)


def test_a_floor_that_knocks_at_once_has_no_spread(scene: Scene) -> None:
    drop_all(scene)
    for number, agent in enumerate((A, B, C), 4):
        scene.socket(agent, 12, number=number)
    assert reconnect_spread(configuration=scene.configuration) == 0.0


def test_a_floor_that_comes_back_by_chance_has(scene: Scene) -> None:
    drop_all(scene)
    for number, (agent, second) in enumerate(((A, 10.4), (B, 11.5), (C, 12.9)), 4):
        scene.socket(agent, second, number=number)
    assert reconnect_spread(configuration=scene.configuration) == 2.5


def test_later_tries_can_be_asked_for(scene: Scene) -> None:
    drop_all(scene)
    for second, agent in ((11, A), (12, B), (13, C), (20, A), (20, B), (20, C)):
        scene.at(second, "wire", "ws.refused", agent, channel="c", status=503)
    assert reconnect_spread(1, configuration=scene.configuration) == 2.0
    assert reconnect_spread(2, configuration=scene.configuration) == 0.0


def test_two_agents_are_too_few_to_tell(scene: Scene) -> None:
    drop_all(scene)
    scene.socket(A, 12, number=4)
    scene.socket(B, 13, number=5)
    with pytest.raises(NoEvidence, match="at least 3 agents with 1 tries after a drop, found 2"):
        reconnect_spread(configuration=scene.configuration)
