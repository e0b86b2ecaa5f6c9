"""Calls whose voice arrives at both ends."""

import pytest

from harness.errors import NoEvidence
from probes.share_of_calls_with_voice import share_of_calls_with_voice
from tests.probes.conftest import A, B, Scene


def heard(scene: Scene, second: float, agent: str, desktop: float, cloud: float) -> None:
    """What both ends measured of the call of an agent."""
    scene.at(second, "crowd", "media.heard", agent, conversation=f"c-{agent}", loss_percent=desktop)
    scene.at(second, "cloud", "cloud.media", agent, conversation=f"c-{agent}", loss_percent=cloud)


def test_both_ends_must_hear_the_other(scene: Scene) -> None:
    for agent in (A, B):
        scene.sees_call(1, f"c-{agent}", agent, "connected")
    heard(scene, 5, A, 0.0, 2.0)
    heard(scene, 5, B, 0.0, 60.0)
    assert share_of_calls_with_voice(configuration=scene.configuration) == 0.5
    assert share_of_calls_with_voice(max_loss_percent=70, configuration=scene.configuration) == 1.0
    heard(scene, 10, B, 0.0, 1.0)
    assert share_of_calls_with_voice(configuration=scene.configuration) == 1.0


def test_what_was_measured_long_ago_is_no_voice(scene: Scene) -> None:
    scene.sees_call(1, f"c-{A}", A, "connected")
    heard(scene, 5, A, 0.0, 0.0)
    scene.sees_call(30, f"c-{A}", A, "connected")
    assert share_of_calls_with_voice(configuration=scene.configuration) == 0.0


def test_without_calls_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.sees_call(1, f"c-{A}", A, "disconnected")
    with pytest.raises(NoEvidence, match="connected calls"):
        share_of_calls_with_voice(configuration=scene.configuration)
