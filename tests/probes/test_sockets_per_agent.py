"""The number of sockets that one agent holds at once."""

import pytest

from harness.errors import NoEvidence
from probes.sockets_per_agent import sockets_per_agent
from tests.probes.conftest import CANARY, A, B, Scene


def test_it_is_1_for_one_socket_after_the_other(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.socket(A, 12, number=2)
    scene.socket(B, 1, number=3)
    assert sockets_per_agent(configuration=scene.configuration) == 1


def test_it_is_2_when_an_agent_keeps_the_old_one(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.socket(A, 5, number=2)
    assert sockets_per_agent(configuration=scene.configuration) == 2


def test_a_socket_that_is_being_closed_does_not_count(scene: Scene) -> None:
    scene.socket(A, 1, 5.3, number=1)
    scene.socket(A, 5, number=2)
    assert sockets_per_agent(grace_s=0.5, configuration=scene.configuration) == 1
    assert sockets_per_agent(grace_s=0.2, configuration=scene.configuration) == 2


def test_the_canary_does_not_count(scene: Scene) -> None:
    scene.socket(CANARY, 1, number=1)
    scene.socket(CANARY, 2, number=2)
    with pytest.raises(NoEvidence):
        sockets_per_agent(configuration=scene.configuration)
