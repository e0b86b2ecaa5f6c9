"""The simplified endpoints of older tools: other paths, same state."""

import httpx
import pytest

from tests.simulator.cloud.conftest import AGENTS, CLIENT_ID, CLIENT_SECRET, CloudProcess

pytestmark = pytest.mark.world

ME = AGENTS[0].id
BUSY = "31fe3bac-dea6-44b7-bed7-47f91660a1a0"
AWAY = "5e5c5c66-ea97-4e7f-ac41-6424784829f2"


@pytest.mark.parametrize("as_json", [True, False])
def test_a_token_is_given_for_a_form_or_a_json_object(shared_cloud: CloudProcess, as_json: bool) -> None:
    grant = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    url = f"{shared_cloud.api}/legacy/api/v2/oauth/token"
    with httpx.Client(trust_env=False) as client:
        answer = client.post(url, json=grant) if as_json else client.post(url, data=grant)
    assert shared_cloud.client(answer.json()["access_token"]).head("/api/v2/tokens/me").status_code == 200


def test_a_users_status_is_its_presence_and_whether_it_is_occupied(shared_cloud: CloudProcess) -> None:
    agent = shared_cloud.agent()
    agent.patch(f"/api/v2/users/{ME}/presences/PURECLOUD", json={"presenceDefinition": {"id": AWAY}})
    found = agent.get(f"/legacy/api/v2/users/{ME}").json()
    assert found == {"id": ME, "name": "Agent 1", "statusId": AWAY, "statusName": "Away", "isOccupied": False}


@pytest.mark.parametrize("given", [{"statusId": BUSY}, {"statusName": "Busy"}])
def test_a_status_that_is_posted_is_the_real_presence(shared_cloud: CloudProcess, given: dict[str, str]) -> None:
    agent = shared_cloud.agent()
    assert agent.post(f"/legacy/api/v2/users/{ME}/status", json=given).status_code == 200
    real = agent.get(f"/api/v2/users/{ME}/presences/PURECLOUD").json()
    assert real["presenceDefinition"]["id"] == BUSY
    assert agent.get(f"/legacy/api/v2/users/{ME}/presence").json()["presenceDefinition"]["id"] == BUSY


def test_an_unknown_status_name_is_refused(shared_cloud: CloudProcess) -> None:
    answer = shared_cloud.agent().post(f"/legacy/api/v2/users/{ME}/status", json={"statusName": "Dancing"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad.request")


def test_participants_are_paged(shared_cloud: CloudProcess) -> None:
    placed = shared_cloud.control("place_call")["conversationId"]
    service = shared_cloud.service()
    real = service.get(f"/api/v2/conversations/{placed}").json()["participants"]
    found = service.get(f"/legacy/api/v2/conversations/{placed}/participants", params={"page": 2, "page_size": 1})
    assert found.json() == {
        "entities": [real[1]],
        "page": 2,
        "page_size": 1,
        "total": len(real),
        "page_count": len(real),
    }


def test_a_refusal_of_the_real_resource_is_passed_on(shared_cloud: CloudProcess) -> None:
    agent = shared_cloud.agent()
    assert agent.get("/legacy/api/v2/users/nobody").status_code == 404
    assert httpx.get(f"{shared_cloud.api}/legacy/api/v2/users/{ME}", trust_env=False).status_code == 401


def test_the_official_paths_do_not_speak_the_dialect(shared_cloud: CloudProcess) -> None:
    agent = shared_cloud.agent()
    assert agent.post("/api/v2/oauth/token").status_code == 404
    assert agent.post(f"/api/v2/users/{ME}/status", json={}).status_code == 404
    assert "statusId" not in agent.get(f"/api/v2/users/{ME}").json()


def test_a_simple_tool_that_knows_no_credentials_is_given_a_token(shared_cloud: CloudProcess) -> None:
    url = f"{shared_cloud.api}/legacy/api/v2/oauth/token"
    answer = httpx.post(url, data={"grant_type": "password"}, trust_env=False)
    assert shared_cloud.client(answer.json()["access_token"]).head("/api/v2/tokens/me").status_code == 200
    wrong = {"grant_type": "password", "username": "ann"}
    assert httpx.post(url, data=wrong, trust_env=False).is_client_error
