"""Calls that only one side knows, beside a real cloud."""

import pytest

from probes.ghost_conversations import ghost_conversations
from tests.probes.conftest import Scene

pytestmark = pytest.mark.world


def test_a_call_that_both_know_is_no_ghost(scene: Scene) -> None:
    scene.with_cloud()
    call, agent = scene.take_call()
    scene.desktops({"agent": agent, "conversations": [{"id": call, "state": "connected", "version": 1}]})
    assert ghost_conversations(configuration=scene.configuration) == 0


def test_a_call_that_a_desktop_hides_is_one(scene: Scene) -> None:
    scene.with_cloud()
    _, agent = scene.take_call()
    scene.desktops({"agent": agent})
    assert ghost_conversations(within_s=1, configuration=scene.configuration) == 1


def test_a_call_that_is_over_for_the_server_alone_is_one(scene: Scene) -> None:
    cloud = scene.with_cloud()
    call, agent = scene.take_call()
    cloud.control("end_call", conversation_id=call)
    scene.desktops({"agent": agent, "conversations": [{"id": call, "state": "connected", "version": 1}]})
    assert ghost_conversations(configuration=scene.configuration) == 1
    scene.desktops({"agent": agent, "conversations": [{"id": call, "state": "wrapup", "version": 2}]})
    assert ghost_conversations(configuration=scene.configuration) == 0
