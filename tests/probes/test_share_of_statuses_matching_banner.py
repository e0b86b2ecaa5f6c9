"""Whether desktops tell their agents the truth, beside a real cloud."""

import pytest

from probes.share_of_statuses_matching_banner import share_of_statuses_matching_banner
from tests.probes.conftest import MEETING, A, B, C, Scene

pytestmark = pytest.mark.world


@pytest.fixture
def floor(scene: Scene) -> Scene:
    """Three agents On Queue in a real cloud, with an open socket each."""
    scene.with_cloud()
    for number, agent in enumerate((A, B, C)):
        scene.socket(agent, 1, number=number)
    return scene


def test_the_truth_is_1(floor: Scene) -> None:
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C})
    assert share_of_statuses_matching_banner(configuration=floor.configuration) == 1.0


def test_a_presence_that_is_not_the_servers_shows(floor: Scene) -> None:
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C})
    floor.set_presence(C, MEETING)
    assert share_of_statuses_matching_banner(within_s=1, configuration=floor.configuration) == 0.6667


def test_a_routing_status_that_is_not_the_servers_shows(floor: Scene) -> None:
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C, "routing": "INTERACTING"})
    assert share_of_statuses_matching_banner(configuration=floor.configuration) == 0.6667


def test_a_banner_that_says_connected_without_a_socket_is_a_lie(floor: Scene) -> None:
    floor.at(10, "wire", "ws.close", C, channel="channel-2", socket=2, code=1006, abnormal=True)
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C})
    assert share_of_statuses_matching_banner(configuration=floor.configuration) == 0.6667
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C, "banner": "connecting"})
    assert share_of_statuses_matching_banner(configuration=floor.configuration) == 1.0


def test_a_desktop_that_catches_up_over_its_socket_says_connecting_and_one_that_says_offline_lies(floor: Scene) -> None:
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C, "banner": "connecting"})
    assert share_of_statuses_matching_banner(configuration=floor.configuration) == 1.0
    floor.desktops({"agent": A}, {"agent": B}, {"agent": C, "banner": "offline"})
    assert share_of_statuses_matching_banner(configuration=floor.configuration) == 0.6667
