"""The number of agents that are not well again."""

from probes.agents_not_recovered import agents_not_recovered
from tests.probes.conftest import A, B, C, Scene


def test_it_is_0_when_everybody_is_well(scene: Scene) -> None:
    for number, agent in enumerate((A, B, C)):
        scene.socket(agent, 1, number=number)
        scene.looks(5, agent)
    scene.fault(9, cleared_s=20)
    assert agents_not_recovered(configuration=scene.configuration) == 0


def test_it_counts_who_is_not(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.socket(B, 1, number=2)
    scene.socket(C, 1, number=3)
    scene.looks(5, A)
    scene.looks(5, B, "AVAILABLE")
    scene.looks(5, C)
    scene.fault(9, cleared_s=20)
    assert agents_not_recovered("both", within_s=1, configuration=scene.configuration) == 2
    assert agents_not_recovered("connected", configuration=scene.configuration) == 1
    assert agents_not_recovered("on_queue", configuration=scene.configuration) == 1
