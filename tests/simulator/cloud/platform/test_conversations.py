"""Calls over REST, from the queue to the wrap-up."""

from typing import Any

import pytest

from harness.waiting import until
from tests.simulator.cloud.conftest import QUEUE_ID, CloudProcess, StartCloud
from tests.simulator.cloud.platform.conftest import call_for, call_taken_by, desk

pytestmark = pytest.mark.world


def alert_for(cloud: CloudProcess, seconds: float) -> None:
    """Set the queue's alerting timeout."""
    body = {"mediaSettings": {"call": {"alertingTimeoutSeconds": seconds}}}
    assert cloud.service().put(f"/api/v2/routing/queues/{QUEUE_ID}", json=body).status_code == 200


def test_a_user_places_a_call_into_the_queue(calm: CloudProcess) -> None:
    ann = desk(calm)
    ann.go("On Queue")
    body = {"callQueueId": QUEUE_ID, "attributes": {"tier": "gold"}}
    placed = ann.http.post("/api/v2/conversations/calls", json=body)
    assert placed.status_code == 201
    call = ann.calls()[0]
    assert (call["id"], call["state"]) == (placed.json()["id"], "connected")
    assert [leg["purpose"] for leg in call["participants"]] == ["customer", "acd", "agent"]
    assert call["participants"][0]["attributes"] == {"tier": "gold"}
    leg = call["participants"][2]
    assert (leg["calls"][0]["state"], leg["wrapupTimeoutMs"], leg["alertingTimeoutMs"]) == ("alerting", 120_000, 8_000)
    assert ann.http.get("/api/v2/conversations/calls").json()["entities"][0]["participants"][2]["state"] == "alerting"


def test_client_credentials_have_no_conversations_and_can_read_each(calm: CloudProcess) -> None:
    call = call_for(desk(calm))
    service = calm.service()
    assert service.get("/api/v2/conversations").json()["total"] == 0
    assert service.get(f"/api/v2/conversations/{call}").json()["id"] == call
    assert service.get("/api/v2/conversations/nothing").status_code == 404


def test_a_call_is_answered_held_muted_and_hung_up(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    assert ann.routing() == "INTERACTING"
    assert ann.patch(call, held=True, muted=True).status_code == 202
    leg = ann.leg(call)["calls"][0]
    assert (leg["state"], leg["held"], leg["muted"]) == ("connected", True, True)
    communication = f"{ann.path(call)}/communications/{leg['id']}"
    assert ann.http.patch(communication, json={"state": "disconnected"}).json() == {}
    found = ann.http.get(f"/api/v2/conversations/{call}").json()
    assert (found["state"], "endTime" in found) == ("disconnected", True)
    leg = ann.leg(call)
    assert (leg["calls"][0]["state"], leg["calls"][0]["disconnectType"]) == ("disconnected", "client")
    assert (leg["calls"][0]["afterCallWork"]["state"], "startAcwTime" in leg) == ("pending", True)
    assert ann.calls() != []


def test_a_wrap_up_by_its_own_resource_ends_after_call_work(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    calm.control("end_call", conversation_id=call)
    assert ann.wrap_up(call, notes="draft", provisional=True).status_code == 202
    assert ann.http.get(f"{ann.path(call)}/wrapup").json()["notes"] == "draft"
    assert ann.wrap_up(call, code=ann.code(), notes="done", tags=["a"]).status_code == 202
    found = ann.http.get(f"{ann.path(call)}/wrapup").json()
    assert (found["code"], found["name"], found["notes"], found["tags"]) == (ann.code(), "Resolved", "done", ["a"])
    assert (ann.calls(), ann.routing()) == ([], "IDLE")
    assert ann.leg(call)["calls"][0]["state"] == "terminated"


def test_a_wrap_up_in_the_participants_patch_does_the_same(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    assert ann.patch(call, state="disconnected", wrapup={"code": ann.code()}).status_code == 202
    assert ann.routing() == "IDLE"
    assert ann.http.get(f"{ann.path(call)}/wrapupcodes").json()[0]["id"] == ann.code()


def test_after_call_work_ends_by_itself(start_cloud: StartCloud) -> None:
    cloud = start_cloud(time_scale=0.01)
    alert_for(cloud, 8)
    ann = desk(cloud)
    call = call_taken_by(ann)
    ann.patch(call, state="disconnected")
    until(lambda: ann.routing() == "IDLE", "the end of after-call work", 20)
    assert ann.leg(call)["wrapup"]["code"] == "ININ-WRAP-UP-TIMEOUT"
    wrapped = cloud.evidence().of("cloud.wrapup")[0]
    assert (wrapped.agent, wrapped["conversation"], wrapped["by"]) == (ann.id, call, "timeout")
    assert len(cloud.evidence().of("cloud.acw")) == 1


def test_an_unanswered_call_makes_not_responding_and_is_offered_to_the_next(calm: CloudProcess) -> None:
    ann, bob = desk(calm), desk(calm, 1)
    ann.go("On Queue")
    alert_for(calm, 0.2)
    call = str(calm.control("place_call")["conversationId"])
    until(lambda: ann.routing() == "NOT_RESPONDING", "the alert to time out", 20)
    alert_for(calm, 8)
    assert ann.patch(call, state="connected").status_code == 409
    bob.go("On Queue")
    assert bob.leg(call)["calls"][0]["state"] == "alerting"
    declined = calm.evidence().of("cloud.decline")[0]
    assert (declined.agent, declined["conversation"], declined["why"]) == (ann.id, call, "timeout")


def test_a_call_is_transferred_to_a_queue_and_to_an_agent(calm: CloudProcess) -> None:
    ann, bob = desk(calm), desk(calm, 1)
    call = call_taken_by(ann)
    replace = f"/api/v2/conversations/{call}/participants/{ann.leg(call)['id']}/replace"
    assert ann.http.post(f"{replace}/agent", json={"userId": bob.id, "transferType": "Unattended"}).status_code == 202
    assert (bob.leg(call)["calls"][0]["state"], ann.leg(call)["calls"][0]["state"]) == ("alerting", "disconnected")
    bob.patch(call, state="connected")
    replace = f"/api/v2/conversations/{call}/participants/{bob.leg(call)['id']}/replace"
    assert bob.http.post(f"{replace}/queue", json={}).status_code == 400
    assert bob.http.post(f"{replace}/queue", json={"queueId": QUEUE_ID}).status_code == 202
    found = bob.http.get(f"/api/v2/conversations/{call}").json()["participants"]
    assert [leg["purpose"] for leg in found] == ["customer", "acd", "agent", "agent", "acd"]
    assert found[-1]["calls"][0]["state"] == "connected"


def test_attributes_are_written_by_those_who_take_part(calm: CloudProcess) -> None:
    ann, bob = desk(calm), desk(calm, 1)
    call = call_taken_by(ann)
    customer = ann.http.get(f"/api/v2/conversations/{call}").json()["participants"][0]["id"]
    path = f"/api/v2/conversations/{call}/participants/{customer}/attributes"
    assert ann.http.patch(path, json={"attributes": {"step": "2"}}).status_code == 202
    assert bob.http.patch(path, json={"attributes": {"step": "3"}}).status_code == 403
    assert ann.http.patch(path, json={"attributes": {"step": 3}}).status_code == 400
    assert ann.http.get(f"/api/v2/conversations/{call}").json()["participants"][0]["attributes"] == {"step": "2"}


def test_nobody_answers_or_ends_the_call_of_another(calm: CloudProcess) -> None:
    ann, bob = desk(calm), desk(calm, 1)
    call = call_for(ann)
    assert bob.http.patch(ann.path(call), json={"state": "connected"}).status_code == 403
    assert bob.http.post(f"/api/v2/conversations/{call}/disconnect").status_code == 403
    assert ann.http.post(f"/api/v2/conversations/{call}/disconnect").status_code == 202
    assert ann.calls() == []


def test_what_an_alerting_call_does_not_allow_is_refused(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_for(ann)
    wrong: list[tuple[dict[str, Any], int]] = [
        ({"state": "dialing"}, 400),
        ({"held": "yes"}, 400),
        ({"held": True}, 409),
        ({"wrapup": {"code": "unheard of"}}, 400),
        ({"wrapup": {"notes": "no code"}}, 400),
        ({"wrapupSkipped": True}, 409),
    ]
    assert [(body, ann.patch(call, **body).status_code) for body, _ in wrong] == wrong
    assert ann.leg(call)["calls"][0]["state"] == "alerting"


def test_every_change_has_a_later_version(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    ann.patch(call, held=True)
    ann.patch(call, state="disconnected")
    ann.wrap_up(call, code=ann.code())
    found = [(entry["version"], entry["state"]) for entry in calm.evidence().of("cloud.conversation")]
    assert found == [(1, "alerting"), (2, "connected"), (3, "connected"), (4, "acw"), (5, "ended")]
    assert ann.http.get(f"/api/v2/conversations/{call}").json()["version"] == 5


def test_only_a_queue_can_be_called(calm: CloudProcess) -> None:
    ann = desk(calm)
    wrong: list[dict[str, Any]] = [{}, {"phoneNumber": "+15550000"}, {"callQueueId": 7}]
    assert [ann.http.post("/api/v2/conversations/calls", json=body).status_code for body in wrong] == [400] * 3
