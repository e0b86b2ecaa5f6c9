"""Agents whose session is over are told so."""

import pytest

from harness.errors import NoEvidence
from probes.share_of_refused_agents_told import share_of_refused_agents_told
from tests.probes.conftest import A, B, Scene

TOKEN = "/oauth/token"


def test_all_are_told(scene: Scene) -> None:
    scene.call(10, A, "POST", TOKEN, 400)
    scene.desktops({"agent": A, "banner": "logged_out", "connected": False}, {"agent": B})
    assert share_of_refused_agents_told(configuration=scene.configuration) == 1.0


def test_a_desktop_that_says_connecting_for_ever_does_not_tell(scene: Scene) -> None:
    scene.call(10, A, "POST", TOKEN, 400)
    scene.call(10, B, "POST", TOKEN, 401)
    scene.desktops(
        {"agent": A, "banner": "logged_out", "connected": False},
        {"agent": B, "banner": "connecting", "connected": False},
    )
    assert share_of_refused_agents_told(within_s=1, configuration=scene.configuration) == 0.5


def test_without_a_refusal_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.desktops({"agent": A})
    with pytest.raises(NoEvidence, match="agents whose refresh was refused"):
        share_of_refused_agents_told(configuration=scene.configuration)
