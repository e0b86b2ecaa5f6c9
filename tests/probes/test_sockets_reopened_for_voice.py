"""Sockets that were given up although only the voice was bad."""

import pytest

from harness.errors import NoEvidence
from probes.sockets_reopened_for_voice import sockets_reopened_for_voice
from tests.probes.conftest import A, B, Scene


def test_every_new_socket_of_an_agent_in_a_call_counts(scene: Scene) -> None:
    scene.sees_call(5, "c", A, "connected")
    scene.socket(A, 1, 12, number=1)
    scene.fault(10, name="media_throttle")
    scene.socket(A, 13, 20, number=2)
    scene.socket(A, 21, number=3)
    scene.socket(B, 15, number=4)
    assert sockets_reopened_for_voice(configuration=scene.configuration) == 2


def test_a_socket_that_stays_is_none(scene: Scene) -> None:
    scene.sees_call(5, "c", A, "connected")
    scene.socket(A, 1, number=1)
    scene.fault(10, name="media_throttle")
    assert sockets_reopened_for_voice(configuration=scene.configuration) == 0


def test_without_calls_nothing_can_be_reopened_for_their_voice(scene: Scene) -> None:
    scene.socket(A, 1, number=1)
    scene.fault(10, name="media_throttle")
    with pytest.raises(NoEvidence, match="calls in progress"):
        sockets_reopened_for_voice(configuration=scene.configuration)
