"""The time until a call without voice is on a phone."""

import pytest

from harness.errors import NoEvidence
from probes.time_to_fallback import time_to_fallback
from tests.probes.conftest import A, B, C, Scene


def talk(scene: Scene, *agents: str) -> None:
    """These agents are in a call when the voice is taken at second 10."""
    for agent in agents:
        scene.sees_call(5, f"c-{agent}", agent, "connected")
    scene.fault(10, name="media_throttle")


def lost(scene: Scene, second: float, agent: str, percent: float = 95.0) -> None:
    """The cloud measured so much loss."""
    scene.at(second, "cloud", "cloud.media", agent, conversation=f"c-{agent}", loss_percent=percent)


def moved(scene: Scene, second: float, agent: str, shown: str = "tel:+1800") -> None:
    """The server gave a number, and the desktop shows one a second later."""
    scene.at(second, "cloud", "cloud.fallback", agent, conversation=f"c-{agent}", number="tel:+1800")
    scene.at(second + 1, "crowd", "media.fallback", agent, conversation=f"c-{agent}", number=shown)


def test_it_lasts_until_the_agent_is_shown_the_number(scene: Scene) -> None:
    talk(scene, A, B)
    moved(scene, 16, A)
    lost(scene, 17, B)
    moved(scene, 21, B)
    assert time_to_fallback(configuration=scene.configuration) == 12.0
    assert time_to_fallback("min", configuration=scene.configuration) == 7.0


def test_a_call_that_stays_without_voice_is_counted(scene: Scene) -> None:
    talk(scene, A, B)
    moved(scene, 16, A)
    lost(scene, 17, B)
    assert time_to_fallback(within_s=1, configuration=scene.configuration) == 999_999.0


def test_another_number_than_the_servers_leads_nowhere(scene: Scene) -> None:
    talk(scene, A)
    moved(scene, 16, A, shown="tel:+1900")
    assert time_to_fallback(configuration=scene.configuration) == 999_999.0


def test_calls_whose_voice_is_good_and_later_calls_do_not_count(scene: Scene) -> None:
    talk(scene, A, B)
    moved(scene, 16, A)
    lost(scene, 17, B, percent=1.0)
    scene.sees_call(18, f"c-{C}", C, "connected")
    lost(scene, 19, C)
    assert time_to_fallback(configuration=scene.configuration) == 7.0


def test_without_a_lost_voice_there_is_nothing_to_measure(scene: Scene) -> None:
    talk(scene, A)
    with pytest.raises(NoEvidence, match="calls in progress that lost their voice"):
        time_to_fallback(configuration=scene.configuration)
