"""Desktops that are connected by their own word, on the wire, and alive."""

import pytest

from harness.errors import NoEvidence, Unreachable
from probes.share_of_desktops_connected import share_of_desktops_connected
from tests.probes.conftest import A, B, C, Scene


@pytest.fixture
def floor(scene: Scene) -> Scene:
    """Three agents with an open socket each."""
    for number, agent in enumerate((A, B, C)):
        scene.socket(agent, 1, number=number)
    return scene


def test_it_is_1_when_all_are(floor: Scene) -> None:
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C})
    assert share_of_desktops_connected(configuration=floor.configuration) == 1.0


@pytest.mark.parametrize("sick", [{"banner": "connecting"}, {"sockets": 0}, {"heard_wall": "2020-01-01T00:00:00Z"}])
def test_a_desktop_that_says_otherwise_or_has_not_heard_anything_is_not(floor: Scene, sick: dict[str, object]) -> None:
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C, **sick})
    assert share_of_desktops_connected(within_s=1, configuration=floor.configuration) == 0.6667


def test_the_banner_alone_is_not_believed(floor: Scene) -> None:
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C})
    floor.at(10, "wire", "ws.close", C, channel="channel-2", socket=2, code=1006, abnormal=True)
    assert share_of_desktops_connected(configuration=floor.configuration) == 0.6667


def test_a_desktop_that_is_missing_is_not_connected(floor: Scene) -> None:
    floor.desktops({"agent": A})
    assert share_of_desktops_connected(configuration=floor.configuration) == 0.3333


def test_a_world_without_desktops_is_nothing_to_measure(floor: Scene) -> None:
    with pytest.raises(NoEvidence):
        share_of_desktops_connected(configuration=floor.configuration)


def test_a_crowd_that_does_not_answer_is_named(floor: Scene) -> None:
    floor.desktops()
    with floor.crowd_gone(), pytest.raises(Unreachable, match="the crowd at http"):
        share_of_desktops_connected(configuration=floor.configuration)
