"""Agents whom calls can reach, on a real cloud."""

import pytest

from harness.errors import Unreachable
from harness.waiting import until
from probes.share_of_agents_back_on_queue import share_of_agents_back_on_queue
from tests.probes.conftest import MEETING, QUEUE_ID, A, B, Scene

pytestmark = pytest.mark.world


def test_it_is_1_when_all_are_on_queue(scene: Scene) -> None:
    scene.with_cloud()
    assert share_of_agents_back_on_queue(configuration=scene.configuration) == 1.0


def test_another_presence_or_a_queue_that_was_left_shows(scene: Scene) -> None:
    cloud = scene.with_cloud()
    scene.set_presence(A, MEETING)
    assert share_of_agents_back_on_queue(within_s=1, configuration=scene.configuration) == 0.6667
    left = cloud.service().patch(f"/api/v2/users/{B}/queues/{QUEUE_ID}", json={"joined": False})
    assert left.is_success, left.text
    # Leaving a queue takes effect a moment later.
    until(lambda: share_of_agents_back_on_queue(configuration=scene.configuration) == 0.3333, "B to have left", 20)


def test_a_cloud_that_does_not_answer_is_named(scene: Scene) -> None:
    scene.with_cloud().end()
    with pytest.raises(Unreachable, match="login at http"):
        share_of_agents_back_on_queue(configuration=scene.configuration)
