"""What was there before is put back: against a real cloud."""

from pathlib import Path

import pytest

from harness.breaking.cloud_control import order
from harness.breaking.former import as_found, leave_as_found, presences, restore_presences
from harness.breaking.presences import definition_id
from harness.observing.api import Api
from harness.waiting import pause
from harness.world import CloudControl, World
from tests.harness.cloud_world import world_at, world_of
from tests.simulator.cloud.conftest import AGENTS, CONTROL_TOKEN, CloudProcess

pytestmark = pytest.mark.world
A, B = AGENTS[0].id, AGENTS[1].id
PATH = "/api/v2/users/{}/presences/PURECLOUD"


@pytest.fixture
def world(cloud: CloudProcess, tmp_path: Path) -> World:
    """That cloud, 20 times faster than real time."""
    return world_of(cloud, tmp_path, control=CloudControl(cloud.ready["control"], CONTROL_TOKEN))


def test_a_schedule_that_is_not_over_is_withdrawn_before_presences_are_put_back(world: World, tmp_path: Path) -> None:
    world.write(tmp_path / "world.json")
    former = {A: definition_id("Available"), B: definition_id("Busy")}
    order(world, "publish_schedule", agents=[A, B], system_presences=["Break", "Meal"], spacing_s=10)
    assert restore_presences(str(tmp_path / "world.json"), "schedule_publish", former) == {"restored": 2}
    pause(1.0)  # the schedule's second half was due after 0.5 s
    with Api(world) as api:
        assert presences(api, [A, B]) == former


def test_agents_of_an_org_get_back_presence_and_message(world: World) -> None:
    with Api(world) as api:
        api.call(
            "PATCH", PATH.format(A), {"presenceDefinition": {"id": definition_id("Meeting")}, "message": "until three"}
        )
        found = as_found(world)
        for agent in (A, B):
            body = {"presenceDefinition": {"id": definition_id("On Queue")}, "message": "run 7"}
            api.call("PATCH", PATH.format(agent), body)
        assert leave_as_found(world, found) == []
        shown = api.get(PATH.format(A))
        assert (shown["presenceDefinition"]["id"], shown["message"]) == (definition_id("Meeting"), "until three")
        shown = api.get(PATH.format(B))  # who was offline is at least off the queue
        assert (shown["presenceDefinition"]["id"], shown["message"]) == (definition_id("Available"), "")


def test_agents_that_cannot_be_put_back_are_reported(cloud: CloudProcess, world: World) -> None:
    found = as_found(world)
    cloud.end()
    assert "the agents of the org were not left as they were found: login at" in leave_as_found(world, found)[0]


def test_where_nothing_was_found_there_is_nothing_to_put_back_and_nobody_to_ask() -> None:
    gone = world_at("https://127.0.0.1:9", "https://127.0.0.1:9", ca="/nowhere/ca.pem")
    assert leave_as_found(gone, []) == []
