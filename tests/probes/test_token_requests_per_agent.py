"""Storms at the endpoint /oauth/token."""

from probes.token_requests_per_agent import token_requests_per_agent
from tests.probes.conftest import CANARY, A, B, C, Scene

PATH = "/oauth/token"


def test_it_is_the_most_that_one_agent_asked_within_the_window(scene: Scene) -> None:
    scene.fault(1)
    for second in (2, 4, 6, 90):
        scene.call(second, A, "POST", PATH)
    scene.call(3, B, "POST", PATH, status=429)
    assert token_requests_per_agent(60, configuration=scene.configuration) == 3
    assert token_requests_per_agent(3, configuration=scene.configuration) == 2


def test_a_calm_floor_asks_once_each(scene: Scene) -> None:
    scene.fault(1)
    for agent in (A, B, C):
        scene.call(2, agent, "POST", PATH)
    assert token_requests_per_agent(configuration=scene.configuration) == 1


def test_other_requests_earlier_ones_and_the_canary_do_not_count(scene: Scene) -> None:
    scene.call(0.5, A, "POST", PATH)
    scene.fault(1)
    scene.call(2, A, "GET", "/api/v2/users/me")
    scene.call(3, CANARY, "POST", PATH)
    assert token_requests_per_agent(configuration=scene.configuration) == 0


def test_requests_of_agents_unknown_are_shared_out_and_not_forgotten(scene: Scene) -> None:
    scene.fault(1)
    for second in range(2, 14):
        scene.call(second, None, "POST", PATH)
    assert token_requests_per_agent(configuration=scene.configuration) == 4


def test_the_tracker_is_counted_when_it_is_asked_for(scene: Scene) -> None:
    scene.fault(1)
    scene.call(2, A, "POST", PATH)
    for second in (2, 3):
        scene.call(second, "tracker", "POST", PATH)
    assert token_requests_per_agent(of_tracker=True, configuration=scene.configuration) == 2
    assert token_requests_per_agent(configuration=scene.configuration) == 1
