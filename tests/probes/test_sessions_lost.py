"""Agents that are thrown out."""

from probes.sessions_lost import sessions_lost
from tests.probes.conftest import A, B, C, Scene


def test_it_is_0_while_all_are_logged_in(scene: Scene) -> None:
    scene.desktops({"agent": A}, {"agent": B}, {"agent": C})
    scene.fault(9)
    assert sessions_lost(configuration=scene.configuration) == 0


def test_an_agent_who_was_thrown_out_counts_even_if_back_by_now(scene: Scene) -> None:
    scene.desktops({"agent": A}, {"agent": B, "banner": "logged_out", "connected": False})
    scene.fault(9)
    scene.at(10, "crowd", "logged_out", A, reason="authentication failed")
    scene.at(10, "crowd", "logged_out", B, reason="authentication failed")
    assert sessions_lost(configuration=scene.configuration) == 2


def test_a_desktop_that_shows_itself_logged_out_counts_though_it_never_said_so(scene: Scene) -> None:
    scene.desktops({"agent": A, "banner": "logged_out", "connected": False})
    scene.fault(9)
    assert sessions_lost(configuration=scene.configuration) == 1


def test_who_wanted_to_leave_is_not_lost(scene: Scene) -> None:
    scene.desktops({"agent": A, "banner": "logged_out", "connected": False})
    scene.fault(9)
    scene.at(10, "crowd", "logged_out", A, reason="by the agent")
    assert sessions_lost(configuration=scene.configuration) == 0
