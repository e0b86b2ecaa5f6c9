"""What desktops tell of the voice, beside what there is."""

from typing import Any

import pytest

from harness.errors import NoEvidence
from probes.share_of_banners_honest_about_voice import share_of_banners_honest_about_voice
from tests.probes.conftest import A, Scene


def shows(scene: Scene, state: str, number: str | None = None) -> dict[str, Any]:
    """The one desktop in a call shows this."""
    scene.sees_call(1, "c", A, "connected")
    row = {"agent": A, "voice": {"conversation": "c", "state": state, "number": number}}
    scene.desktops(row)
    return row


def measured(scene: Scene, percent: float) -> None:
    """Both ends lost so much."""
    for source, kind in (("crowd", "media.heard"), ("cloud", "cloud.media")):
        scene.at(5, source, kind, A, conversation="c", loss_percent=percent)


@pytest.mark.parametrize(
    ("state", "percent", "honest"),
    [("good", 0.0, 1.0), ("good", 60.0, 0.0), ("bad", 60.0, 1.0), ("bad", 0.0, 0.0), ("fallback", 0.0, 0.0)],
)
def test_a_good_voice_is_shown_exactly_while_there_is_one(
    scene: Scene, state: str, percent: float, honest: float
) -> None:
    shows(scene, state)
    measured(scene, percent)
    assert share_of_banners_honest_about_voice(configuration=scene.configuration) == honest


@pytest.mark.parametrize(
    ("state", "number", "honest"), [("fallback", "tel:+1", 1.0), ("fallback", "tel:+2", 0.0), ("good", None, 0.0)]
)
def test_a_number_that_was_given_must_be_shown(scene: Scene, state: str, number: str | None, honest: float) -> None:
    shows(scene, state, number)
    measured(scene, 0.0)
    scene.at(6, "cloud", "cloud.fallback", A, conversation="c", number="tel:+1")
    assert share_of_banners_honest_about_voice(configuration=scene.configuration) == honest


@pytest.mark.parametrize(("state", "honest"), [("starting", 1.0), ("good", 0.0)])
def test_before_anything_was_measured_nothing_is_known(scene: Scene, state: str, honest: float) -> None:
    shows(scene, state)
    assert share_of_banners_honest_about_voice(configuration=scene.configuration) == honest


def test_a_desktop_that_shows_no_voice_in_a_call_tells_nothing(scene: Scene) -> None:
    scene.sees_call(1, "c", A, "connected")
    scene.desktops({"agent": A, "voice": None})
    assert share_of_banners_honest_about_voice(configuration=scene.configuration) == 0.0


def test_without_calls_there_is_nothing_to_tell(scene: Scene) -> None:
    scene.desktops({"agent": A})
    with pytest.raises(NoEvidence, match="connected calls"):
        share_of_banners_honest_about_voice(configuration=scene.configuration)
