"""Presence over REST, and what the restore window does to it over real sockets."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect

from harness.waiting import eventually, until
from simulator.cloud.platform.presences import Presence
from tests.simulator.cloud.conftest import AGENTS, CloudProcess, StartCloud
from tests.simulator.cloud.platform.conftest import Desk, desk

pytestmark = pytest.mark.world


def by_label(definitions: list[dict[str, Any]]) -> dict[str, str]:
    """systemPresence to id."""
    return {definition["systemPresence"]: definition["id"] for definition in definitions}


def test_the_definitions_come_in_their_old_and_new_spelling(calm: CloudProcess) -> None:
    service = calm.service()
    old = service.get("/api/v2/presencedefinitions?pageSize=100").json()["entities"]
    new = service.get("/api/v2/presence/definitions").json()["entities"]
    system = service.get("/api/v2/systempresences").json()
    assert by_label(old)["On Queue"] == by_label(new)["OnQueue"] == Presence.ON_QUEUE.id
    assert {definition.get("type") for definition in old} == {None}
    assert {found["name"] for found in system} == set(by_label(old))
    assert service.get(f"/api/v2/presencedefinitions/{Presence.MEAL.id}").json()["name"] == "Meal"


def test_a_change_is_answered_with_a_later_date_and_seen_by_all(calm: CloudProcess) -> None:
    ann = desk(calm)
    first = ann.go("Available").json()
    second = ann.go("On Queue", message="ready").json()
    assert second["modifiedDate"] > first["modifiedDate"]
    assert (second["presenceDefinition"]["systemPresence"], second["message"]) == ("On Queue", "ready")
    seen = calm.service().get(f"/api/v2/users/{ann.id}?expand=presence").json()["presence"]
    assert seen == second
    assert ann.routing() == "IDLE"


def test_a_message_alone_leaves_the_presence(calm: CloudProcess) -> None:
    ann = desk(calm)
    ann.go("Meal")
    changed = ann.http.patch(f"/api/v2/users/{ann.id}/presences/PURECLOUD", json={"message": "back soon"}).json()
    assert (changed["presenceDefinition"]["systemPresence"], changed["message"]) == ("Meal", "back soon")


def test_a_stale_write_is_refused(calm: CloudProcess) -> None:
    ann = desk(calm)
    seen = ann.go("Available").json()["modifiedDate"]
    ann.go("Meal")
    assert ann.go("On Queue", modifiedDate=seen).status_code == 409
    assert ann.presence() == "Meal"


def test_a_wrong_write_is_refused(calm: CloudProcess) -> None:
    ann = desk(calm)
    wrong: list[tuple[str, dict[str, Any], int]] = [
        ("PURECLOUD", {"presenceDefinition": {"id": "nobody"}}, 400),
        ("PURECLOUD", {"presenceDefinition": "Available"}, 400),
        ("PURECLOUD", {}, 400),
        ("PURECLOUD", {"message": "x", "modifiedDate": "yesterday"}, 400),
        ("TEAMS", {"message": "x"}, 404),
    ]
    for source, body, status in wrong:
        refused = ann.http.patch(f"/api/v2/users/{ann.id}/presences/{source}", json=body)
        assert (source, body, refused.status_code) == (source, body, status)
    assert ann.presence() == "Offline"


def test_only_the_user_and_client_credentials_may_write(calm: CloudProcess) -> None:
    ann, bob = desk(calm), desk(calm, 1)
    assert Desk(calm, AGENTS[1], ann.http).go("Meal").status_code == 403
    assert Desk(calm, AGENTS[1], calm.service()).go("Meal").status_code == 200
    assert bob.presence() == "Meal"


def test_several_presences_are_read_and_written_at_once(calm: CloudProcess) -> None:
    service = calm.service()
    ids = [AGENTS[0].id, AGENTS[1].id]
    body = [{"id": id, "presenceDefinition": {"id": Presence.TRAINING.id}} for id in ids]
    written = service.put("/api/v2/users/presences/bulk", json=body).json()
    assert [found["presenceDefinition"]["systemPresence"] for found in written] == ["Training", "Training"]
    read = service.get("/api/v2/users/presences/purecloud/bulk", params={"id": ",".join([*ids, "nobody"])}).json()
    assert [found["userId"] for found in read] == ids
    assert read[0]["modifiedDate"] == written[0]["modifiedDate"]
    assert service.get("/api/v2/users/presences/purecloud/bulk").status_code == 400
    assert desk(calm, 1).http.put("/api/v2/users/presences/bulk", json=body).status_code == 403


def test_presence_settings_are_in_the_clouds_own_time(start_cloud: StartCloud) -> None:
    cloud = start_cloud(time_scale=0.1)
    service = cloud.service()
    found = service.get("/api/v2/presence/settings").json()["restorePresenceSettings"]
    assert found == {"enabled": True, "restoreTimeMilliseconds": 6000, "restoreOnQueueEnabled": False}
    cloud.control("presence_settings", restore_s=30, restore_on_queue=True)
    found = service.get("/api/v2/presence/settings").json()["restorePresenceSettings"]
    assert found == {"enabled": True, "restoreTimeMilliseconds": 3000, "restoreOnQueueEnabled": True}
    body = {"restorePresenceSettings": {"restoreTimeMilliseconds": 100}}
    assert service.put("/api/v2/presence/settings", json=body).json()["restorePresenceSettings"] == {
        "enabled": True,
        "restoreTimeMilliseconds": 100,
        "restoreOnQueueEnabled": True,
    }
    assert desk(cloud).http.put("/api/v2/presence/settings", json=body).status_code == 403


def channel(ann: Desk) -> str:
    """The address of a new notification channel."""
    return str(ann.http.post("/api/v2/notifications/channels").json()["connectUri"])


async def drop_for(ann: Desk, condition: str) -> str:
    """Connect, go On Queue, lose the socket until the presence is `condition`, come back; the presence then."""
    async with connect(channel(ann), proxy=None):
        await eventually(lambda: ann.presence() == "Available", "the log-on", 20)
        ann.go("On Queue")
    await eventually(lambda: ann.presence() == condition, f"presence {condition}", 20)
    async with connect(channel(ann), proxy=None):
        await eventually(lambda: ann.presence() != "Offline", "the return", 20)
        return ann.presence()


def test_a_gap_shorter_than_the_window_is_not_seen(calm: CloudProcess) -> None:
    assert asyncio.run(drop_for(desk(calm), "On Queue")) == "On Queue"


def test_after_a_gap_longer_than_the_window_the_agent_is_available_and_off_queue(start_cloud: StartCloud) -> None:
    cloud = start_cloud(time_scale=0.01)
    ann = desk(cloud)
    assert asyncio.run(drop_for(ann, "Offline")) == "Available"
    assert ann.routing() == "OFF_QUEUE"
    cloud.end()
    found = [(entry["presence"], entry["by"]) for entry in cloud.evidence().of("cloud.presence")]
    assert found[:4] == [
        ("AVAILABLE", "log-on"),
        ("ON_QUEUE", ann.id),
        ("OFFLINE", "restore-window"),
        ("AVAILABLE", "log-on"),
    ]
    versions = [entry["version"] for entry in cloud.evidence().of("cloud.presence")]
    assert versions == sorted(set(versions))


def test_on_queue_is_restored_where_the_organization_wants_it(start_cloud: StartCloud) -> None:
    cloud = start_cloud(time_scale=0.01)
    cloud.control("presence_settings", restore_on_queue=True)
    ann = desk(cloud)
    assert asyncio.run(drop_for(ann, "Offline")) == "On Queue"
    assert ann.routing() == "IDLE"


def test_a_schedule_flips_all_its_agents_and_comes_to_its_last_presence(start_cloud: StartCloud) -> None:
    cloud = start_cloud()
    agents = [AGENTS[0].id, AGENTS[1].id]
    given = cloud.control("publish_schedule", agents=agents, system_presences=["Meal", "On Queue"], spacing_s=2)
    assert given == {"ok": True, "agents": 2, "flips": 4, "ends_in_s": 0.1}
    until(lambda: desk(cloud, 1).presence() == "On Queue", "the last flip", 20)
    assert desk(cloud, 2).presence() == "Offline"
    flips = [(entry.agent, entry["presence"]) for entry in cloud.evidence().of("cloud.presence")]
    assert flips == [(id, presence) for presence in ("MEAL", "ON_QUEUE") for id in agents]


def test_a_schedule_of_no_presences_withdraws_the_one_that_runs(calm: CloudProcess) -> None:
    calm.control("publish_schedule", system_presences=["Meal", "On Queue"], spacing_s=0.3)
    calm.control("publish_schedule", system_presences=[])
    calm.control("publish_schedule", agents=[AGENTS[0].id], system_presences=["Busy", "Away"], spacing_s=0.6)
    until(lambda: desk(calm).presence() == "Away", "the end of the second schedule", 20)
    assert desk(calm, 1).presence() == "Meal"
