"""A desktop that floods the API."""

from probes.requests_per_agent import requests_per_agent
from tests.probes.conftest import CANARY, A, B, Scene

ME = "/api/v2/users/me"


def test_it_is_the_busiest_agents_busiest_window_since_the_fault(scene: Scene) -> None:
    for second in range(4):
        scene.call(second, B, "GET", ME)
    scene.fault(5)
    for second in (6, 7, 8, 100):
        scene.call(second, A, "GET", ME)
    for second in range(10, 20):
        scene.call(second, CANARY, "GET", ME)
    assert requests_per_agent(window_s=60, configuration=scene.configuration) == 3


def test_only_the_path_that_is_meant_counts(scene: Scene) -> None:
    scene.fault(1)
    scene.call(2, A, "GET", ME)
    scene.call(3, A, "POST", "/oauth/token", 400)
    assert requests_per_agent(path="*/oauth/token", configuration=scene.configuration) == 1
