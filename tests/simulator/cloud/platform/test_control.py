"""The platform's control verbs and the ground truth."""

from typing import Any

import httpx
import pytest

from tests.simulator.cloud.conftest import CONTROL_TOKEN, QUEUE_ID, CloudProcess, StartCloud
from tests.simulator.cloud.platform.conftest import call_taken_by, desk

pytestmark = pytest.mark.world


def refusal(cloud: CloudProcess, verb: str, given: dict[str, Any]) -> httpx.Response:
    """The answer to a control verb that should not work."""
    headers = {"authorization": f"Bearer {CONTROL_TOKEN}"}
    return httpx.post(f"{cloud.ready['control']}/{verb}", json=given, headers=headers, trust_env=False)


def test_the_truth_names_agents_and_conversations_with_versions(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    ann.wrap_up(call, code=ann.code(), notes="early")
    truth = calm.state("truth")
    agent = next(agent for agent in truth["agents"] if agent["id"] == ann.id)
    assert (agent["presence"], agent["presence_version"], agent["routing"]) == ("ON_QUEUE", 2, "INTERACTING")
    assert (agent["joined"], agent["sockets"], agent["conversations"]) == ([QUEUE_ID], 0, [call])
    found = truth["conversations"][0]
    assert (found["id"], found["state"], found["version"]) == (call, "connected", 3)
    leg = found["participants"][-1]
    assert (leg["agent"], leg["state"], leg["in_acw"], leg["wrapup"]["notes"]) == (ann.id, "connected", False, "early")


def test_after_call_work_has_its_deadline_in_the_truth(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    calm.control("end_call", conversation_id=call)
    leg = calm.state("truth")["conversations"][0]["participants"][-1]
    evidence = calm.evidence().of("cloud.acw")[0]
    assert (leg["in_acw"], leg["acw_deadline_wall"]) == (True, evidence["deadline_wall"])


def test_a_call_is_placed_with_its_number_and_attributes(calm: CloudProcess) -> None:
    placed = calm.control("place_call", queue_id=QUEUE_ID, ani="tel:+15550100", attributes={"tier": "gold"})
    found = calm.service().get(f"/api/v2/conversations/{placed['conversationId']}").json()
    assert (found["address"], found["participants"][0]["attributes"]) == ("tel:+15550100", {"tier": "gold"})


def test_a_sabotaged_verb_says_yes_and_does_nothing(start_cloud: StartCloud) -> None:
    cloud = start_cloud(sabotage=["publish_schedule"])
    assert cloud.control("publish_schedule", system_presences=["Meal"])["ok"] is True
    assert {agent["presence"] for agent in cloud.state("truth")["agents"]} == {"OFFLINE"}


def test_a_wrong_order_is_refused(calm: CloudProcess) -> None:
    wrong: list[tuple[str, dict[str, Any], int]] = [
        ("place_call", {"queue_id": "nowhere"}, 404),
        ("place_call", {"attributes": {"n": 1}}, 400),
        ("end_call", {}, 400),
        ("end_call", {"conversation_id": "nothing"}, 404),
        ("publish_schedule", {"agents": ["nobody"], "system_presences": ["Meal"]}, 404),
        ("publish_schedule", {"system_presences": ["Reserved"]}, 400),
        ("publish_schedule", {"system_presences": ["Meal"], "spacing_s": -1}, 400),
        ("presence_settings", {"restore_s": "long"}, 400),
        ("presence_settings", {"enabled": 1}, 400),
    ]
    assert [(*case[:2], refusal(calm, *case[:2]).status_code) for case in wrong] == wrong
