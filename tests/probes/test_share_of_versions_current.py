"""Local against server versions, beside a real cloud."""

import pytest

from probes.share_of_versions_current import share_of_versions_current
from tests.probes.conftest import MEETING, ON_QUEUE, A, B, C, Scene

pytestmark = pytest.mark.world


def test_desktops_that_know_the_newest_are_current(scene: Scene) -> None:
    scene.with_cloud()
    rows = [
        {"agent": agent, "presence_version": scene.set_presence(agent, ON_QUEUE, "new")["modifiedDate"]}
        for agent in (A, B, C)
    ]
    scene.desktops(*rows)
    assert share_of_versions_current(configuration=scene.configuration) == 1.0
    scene.set_presence(B, MEETING)
    assert share_of_versions_current(within_s=1, configuration=scene.configuration) == 0.6667


def test_a_call_in_an_old_version_shows_and_one_that_is_over_does_not(scene: Scene) -> None:
    cloud = scene.with_cloud()
    call, agent = scene.take_call()
    found = cloud.service().get(f"/api/v2/users/{agent}/presences/PURECLOUD").json()["modifiedDate"]
    version = cloud.service().get(f"/api/v2/conversations/{call}").json()["version"]

    def shown(state: str, version: int) -> None:
        row = {"id": call, "state": state, "version": version}
        scene.desktops({"agent": agent, "presence_version": found, "conversations": [row]})

    shown("connected", version)
    assert share_of_versions_current(configuration=scene.configuration) == 0.3333
    shown("connected", version - 1)
    assert share_of_versions_current(configuration=scene.configuration) == 0.0
    shown("ended", version - 1)
    assert share_of_versions_current(configuration=scene.configuration) == 0.3333
