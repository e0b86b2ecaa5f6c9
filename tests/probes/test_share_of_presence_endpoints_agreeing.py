"""Whether the API's own resources say the same: on a real cloud, and on answers that differ."""

from typing import Any

import pytest

from probes.share_of_presence_endpoints_agreeing import share_of_presence_endpoints_agreeing
from tests.probes.conftest import MEETING, QUEUE_ID, A, B, C, Scene


@pytest.mark.world
def test_they_agree_about_every_agent_of_a_real_cloud(scene: Scene) -> None:
    scene.with_cloud()
    scene.set_presence(A, MEETING)
    assert share_of_presence_endpoints_agreeing(within_s=5, configuration=scene.configuration) == 1.0


def answers(agent: str, source: str, user: str, routing: str) -> dict[str, Any]:
    """What two resources say about the presence of an agent, and a third about its routing status."""
    return {
        f"/api/v2/users/{agent}": {
            "id": agent,
            "presence": {"presenceDefinition": {"systemPresence": user}},
            "routingStatus": {"status": "IDLE"},
        },
        f"/api/v2/users/{agent}/presences/PURECLOUD": {"presenceDefinition": {"systemPresence": source}},
        f"/api/v2/users/{agent}/routingstatus": {"userId": agent, "status": routing},
    }


def test_an_agent_about_whom_they_differ_shows(scene: Scene) -> None:
    scene.with_answers(
        {
            f"/api/v2/routing/queues/{QUEUE_ID}/members": {"entities": [], "pageCount": 1},
            **answers(A, "On Queue", "ON_QUEUE", "IDLE"),
            **answers(B, "Meeting", "On Queue", "IDLE"),
            **answers(C, "On Queue", "On Queue", "NOT_RESPONDING"),
        }
    )
    assert share_of_presence_endpoints_agreeing(within_s=1, configuration=scene.configuration) == 0.3333
