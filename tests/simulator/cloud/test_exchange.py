"""What every answer has: correlation ids, error bodies, pages."""

import httpx
import pytest

from harness.waiting import until
from tests.simulator.cloud.conftest import AGENTS, CloudProcess

pytestmark = pytest.mark.world


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/api/v2/tokens/me", {}, 401, "authentication.required"),
        ("/api/v2/tokens/me", {"authorization": "Basic eDp5"}, 401, "authentication.required"),
        ("/api/v2/tokens/me", {"authorization": "Bearer nonsense"}, 401, "bad.credentials"),
        ("/api/v2/nothing", {}, 404, "not.found"),
        ("/oauth/token", {}, 405, "method.not.allowed"),
    ],
)
def test_an_error_says_its_code_and_the_context_of_its_correlation_id(
    shared_cloud: CloudProcess, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = httpx.get(f"{shared_cloud.api}{path}", headers=headers, trust_env=False)
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["contextId"] == answer.headers["inin-correlation-id"]
    assert {"message", "messageParams", "details", "errors"} <= set(body)


def test_every_answer_has_a_correlation_id_of_its_own(shared_cloud: CloudProcess) -> None:
    service = shared_cloud.service()
    ids = [service.get(path).headers["inin-correlation-id"] for path in ("/api/v2/tokens/me", "/api/v2/users")]
    assert len(set(ids)) == 2


def test_a_listing_is_paged_from_one_and_names_its_neighbours(shared_cloud: CloudProcess) -> None:
    service = shared_cloud.service()
    found = [service.get("/api/v2/users", params={"pageSize": 2, "pageNumber": n}).json() for n in (1, 2, 3)]
    assert [[user["id"] for user in page["entities"]] for page in found] == [
        [AGENTS[0].id, AGENTS[1].id],
        [AGENTS[2].id, AGENTS[3].id],
        [],
    ]
    assert {key: found[0][key] for key in ("pageSize", "pageNumber", "total", "pageCount")} == {
        "pageSize": 2,
        "pageNumber": 1,
        "total": 4,
        "pageCount": 2,
    }
    assert found[0]["nextUri"] == found[0]["lastUri"] == found[1]["selfUri"]
    assert found[1]["previousUri"] == found[0]["firstUri"] == found[0]["selfUri"]
    assert "nextUri" not in found[1]


@pytest.mark.parametrize("query", ["pageSize=0", "pageNumber=0", "pageSize=ten", "pageSize=501"])
def test_a_page_that_cannot_be_is_refused(shared_cloud: CloudProcess, query: str) -> None:
    answer = shared_cloud.service().get(f"/api/v2/users?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad.request")


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_object_is_refused_where_one_is_needed(shared_cloud: CloudProcess, body: bytes) -> None:
    path = f"/api/v2/users/{AGENTS[0].id}/presences/PURECLOUD"
    assert shared_cloud.agent().patch(path, content=body).status_code == 400


def test_each_request_is_in_the_evidence_with_its_agent_and_without_its_query(cloud: CloudProcess) -> None:
    cloud.agent().get("/api/v2/users/me?expand=presence")
    entry = until(
        lambda: cloud.evidence().last("cloud.request", path="/api/v2/users/me"), "the evidence of the request", 5
    )
    assert entry is not None
    assert (entry.agent, entry["method"], entry["status"]) == (AGENTS[0].id, "GET", 200)


def test_a_desktop_in_a_browser_may_call_from_another_origin(shared_cloud: CloudProcess) -> None:
    headers = {
        "origin": "http://desktop.test",
        "access-control-request-method": "PATCH",
        "access-control-request-headers": "authorization,content-type",
    }
    path = f"{shared_cloud.api}/api/v2/users/{AGENTS[0].id}/presences/PURECLOUD"
    answer = httpx.options(path, headers=headers, trust_env=False)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
