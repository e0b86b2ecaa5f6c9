"""Desktops that show what has just been changed."""

import pytest

from harness.errors import BadInput, NoEvidence
from probes.share_of_desktops_hearing import share_of_desktops_hearing
from tests.probes.conftest import A, B, C, Scene


def test_it_is_the_share_that_shows_the_marker(scene: Scene) -> None:
    scene.desktops(*({"agent": agent, "presence_message": "after"} for agent in (A, B, C)))
    assert share_of_desktops_hearing("after", configuration=scene.configuration) == 1.0


def test_a_deaf_desktop_shows_the_old_message(scene: Scene) -> None:
    scene.desktops({"agent": A, "presence_message": "after"}, {"agent": B, "presence_message": "before"})
    assert share_of_desktops_hearing("after", within_s=1, configuration=scene.configuration) == 0.3333


def test_an_empty_marker_would_prove_nothing(scene: Scene) -> None:
    with pytest.raises(BadInput, match="marker: expected the message that touch_presences wrote"):
        share_of_desktops_hearing("", configuration=scene.configuration)


def test_a_world_without_desktops_is_nothing_to_measure(scene: Scene) -> None:
    with pytest.raises(NoEvidence, match="a world with desktops of ours"):
        share_of_desktops_hearing("after", within_s=0, configuration=scene.configuration)
