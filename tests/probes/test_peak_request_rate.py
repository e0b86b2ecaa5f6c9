"""The busiest second of the floor."""

from probes.peak_request_rate import peak_request_rate
from tests.probes.conftest import A, B, C, Scene


def test_it_counts_all_agents_in_the_busiest_window_per_real_second(scene: Scene) -> None:
    scene.fault(1)
    for agent in (A, B, C):
        scene.call(5, agent, "POST", "/oauth/token")
        scene.call(5.5, agent, "GET", "/api/v2/users/me")
    scene.call(20, A, "POST", "/oauth/token")
    assert peak_request_rate("*/oauth/token", configuration=scene.configuration) == 3.0
    assert peak_request_rate("*", window_s=2, configuration=scene.configuration) == 3.0


def test_it_is_0_when_nobody_asks(scene: Scene) -> None:
    scene.fault(1)
    assert peak_request_rate("*/oauth/token", configuration=scene.configuration) == 0.0
