"""Routing status, queues, members and wrap-up codes over REST."""

from typing import Any

import pytest

from harness.waiting import until
from tests.simulator.cloud.conftest import AGENTS, QUEUE_ID, CloudProcess
from tests.simulator.cloud.platform.conftest import Desk, call_for, desk

pytestmark = pytest.mark.world
MEMBERS = f"/api/v2/routing/queues/{QUEUE_ID}/members"


def names(cloud: CloudProcess, **query: str) -> list[str]:
    """The members' names that match the query."""
    return [member["name"] for member in cloud.service().get(MEMBERS, params=query).json()["entities"]]


def test_members_are_filtered_expanded_and_paged(calm: CloudProcess) -> None:
    desk(calm, 1).go("On Queue")
    assert names(calm, routingStatus="IDLE") == ["Agent 2"]
    assert names(calm, presence="On Queue") == ["Agent 2"]
    assert names(calm, presence="OFFLINE") == ["Agent 1", "Agent 3", "Agent 4"]
    assert names(calm, joined="false") == []
    query = {"expand": "presence,routingStatus,conversationSummary", "pageSize": "2"}
    listed = calm.service().get(MEMBERS, params=query).json()
    assert (listed["total"], listed["pageCount"], "pageNumber=2" in listed["nextUri"]) == (4, 2, True)
    user = listed["entities"][1]["user"]
    assert user["presence"]["presenceDefinition"]["systemPresence"] == "On Queue"
    assert user["routingStatus"]["status"] == "IDLE"
    assert user["conversationSummary"]["call"]["contactCenter"] == {"active": 0, "acw": 0}
    assert calm.service().get(MEMBERS, params={"pageSize": "101"}).status_code == 400


def joins(ann: Desk) -> list[tuple[str, str, Any]]:
    """The four ways to leave the queue, as method, path and body."""
    queue = f"/api/v2/users/{ann.id}/queues"
    return [
        ("PATCH", f"{MEMBERS}/{ann.id}", {"id": ann.id, "joined": False}),
        ("PATCH", MEMBERS, [{"id": ann.id, "joined": False}]),
        ("PATCH", f"{queue}/{QUEUE_ID}", {"joined": False}),
        ("PATCH", queue, [{"id": QUEUE_ID, "joined": False}]),
    ]


def test_leaving_a_queue_comes_true_after_its_answer(calm: CloudProcess) -> None:
    for number, (method, path, body) in enumerate(joins(desk(calm))):
        ann = desk(calm)
        answer = ann.http.request(method, path, json=body)
        assert answer.status_code in (200, 202)
        shown = answer.json() if answer.content else {}
        assert all(entity["joined"] for entity in shown.get("entities", [shown] if shown else [])), number
        until(lambda: names(calm, joined="false") == ["Agent 1"], "the leaving", 20)
        assert ann.http.get(f"/api/v2/users/{ann.id}/queues?joined=true").json()["total"] == 0
        ann.http.patch(f"{MEMBERS}/{ann.id}", json={"joined": True})
        until(lambda: names(calm, joined="false") == [], "the joining", 20)


def test_members_are_added_and_removed_by_client_credentials_alone(calm: CloudProcess) -> None:
    body = [{"id": AGENTS[3].id}]
    assert desk(calm).http.post(MEMBERS, json=body).status_code == 403
    assert calm.service().post(MEMBERS, params={"delete": "true"}, json=body).status_code == 204
    assert names(calm) == ["Agent 1", "Agent 2", "Agent 3"]
    calm.service().post(MEMBERS, json=body)
    assert names(calm, joined="true")[-1] == "Agent 4"


def test_only_idle_can_be_set_and_only_on_queue(calm: CloudProcess) -> None:
    ann = desk(calm)
    status = f"/api/v2/users/{ann.id}/routingstatus"
    assert ann.http.put(status, json={"status": "IDLE"}).status_code == 409
    assert ann.http.put(status, json={"status": "INTERACTING"}).status_code == 400
    call = call_for(ann)
    ann.patch(call, state="disconnected")
    assert ann.routing() == "NOT_RESPONDING"
    assert ann.http.put(status, json={"status": "IDLE"}).json()["status"] == "IDLE"
    assert [leg["calls"][0]["state"] for leg in ann.calls()[0]["participants"][2:]] == ["terminated", "alerting"]
    assert ann.http.get("/api/v2/users/nobody/routingstatus").json()["status"] == "OFF_QUEUE"


def test_a_queue_shows_and_takes_its_timeouts(calm: CloudProcess) -> None:
    service, path = calm.service(), f"/api/v2/routing/queues/{QUEUE_ID}"
    found = service.get(path).json()
    assert (found["name"], found["joinedMemberCount"]) == ("Chaos", 4)
    assert found["acwSettings"] == {"wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": 120_000}
    changed = service.put(path, json={"acwSettings": {"timeoutMs": 5000}}).json()
    assert changed["acwSettings"]["timeoutMs"] == 5000
    assert changed["mediaSettings"]["call"]["alertingTimeoutSeconds"] == 8
    assert desk(calm).http.put(path, json={}).status_code == 403
    assert service.get("/api/v2/routing/queues", params={"name": "cha*"}).json()["total"] == 1
    assert service.get("/api/v2/routing/queues/nothing").status_code == 404


def test_the_wrap_up_codes_of_the_queue_are_those_of_the_organization(calm: CloudProcess) -> None:
    service = calm.service()
    codes = service.get("/api/v2/routing/wrapupcodes").json()["entities"]
    assert [code["name"] for code in codes] == ["Resolved", "Callback needed", "Escalated"]
    assert service.get(f"/api/v2/routing/queues/{QUEUE_ID}/wrapupcodes").json()["entities"] == codes


def test_a_wrong_join_is_refused(calm: CloudProcess) -> None:
    service = calm.service()
    wrong: list[Any] = [[], ["me"], [{"id": AGENTS[0].id}], [{"joined": True}], {}]
    assert [service.patch(MEMBERS, json=body).status_code for body in wrong] == [400] * 5
