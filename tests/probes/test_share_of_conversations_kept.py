"""Calls that survive a fault."""

import pytest

from harness.errors import NoEvidence
from probes.share_of_conversations_kept import share_of_conversations_kept
from tests.probes.conftest import A, B, Scene


def test_a_call_that_stays_connected_is_kept(scene: Scene) -> None:
    scene.sees_call(5, "call-1", A, "connected")
    scene.fault(9)
    scene.sees_call(15, "call-1", A, "connected")
    assert share_of_conversations_kept(configuration=scene.configuration) == 1.0


def test_a_call_that_was_lost_for_a_moment_is_not_kept(scene: Scene) -> None:
    scene.sees_call(5, "call-1", A, "connected")
    scene.sees_call(5, "call-2", B, "connected")
    scene.fault(9)
    scene.sees_call(12, "call-1", A, "disconnected")
    scene.sees_call(15, "call-1", A, "connected")
    assert share_of_conversations_kept(configuration=scene.configuration) == 0.5


def test_calls_that_were_over_before_do_not_count(scene: Scene) -> None:
    scene.sees_call(3, "call-1", A, "connected")
    scene.sees_call(5, "call-1", A, "disconnected")
    scene.fault(9)
    with pytest.raises(NoEvidence, match="calls that were connected before the fault"):
        share_of_conversations_kept(configuration=scene.configuration)
