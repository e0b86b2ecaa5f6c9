"""Logging in, staying logged in and logging out, against a real cloud process."""

import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from harness.waiting import until
from simulator.cloud.tokens import challenge_of
from tests.simulator.cloud.conftest import (
    AGENTS,
    CLIENT_ID,
    CLIENT_SECRET,
    DESKTOP_CLIENT_ID,
    CloudProcess,
    StartCloud,
)

pytestmark = pytest.mark.world

BASIC = (CLIENT_ID, CLIENT_SECRET)
VERIFIER = "a-code-verifier-that-is-long-enough-for-everyone"


def basic_grant(cloud: CloudProcess, auth: tuple[str, str], **form: str) -> httpx.Response:
    """The answer of /oauth/token to a client that sends its secret in the header."""
    return httpx.post(f"{cloud.api}/oauth/token", data=form, auth=auth, trust_env=False)


def test_client_credentials_give_a_token_without_a_refresh_token(shared_cloud: CloudProcess) -> None:
    given = basic_grant(shared_cloud, BASIC, grant_type="client_credentials").json()
    assert set(given) == {"access_token", "token_type", "expires_in"}
    assert given["token_type"] == "bearer"
    assert shared_cloud.client(given["access_token"]).head("/api/v2/tokens/me").status_code == 200


@pytest.mark.parametrize(
    ("form", "auth", "status", "error"),
    [
        ({"grant_type": "client_credentials"}, (CLIENT_ID, "wrong"), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, ("nobody", CLIENT_SECRET), 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, (DESKTOP_CLIENT_ID, "x"), 401, "invalid_client"),
        ({"grant_type": "authorization_code", "code": "unknown"}, BASIC, 400, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "unknown"}, BASIC, 400, "invalid_grant"),
        ({"grant_type": "password"}, BASIC, 400, "unsupported_grant_type"),
    ],
)
def test_a_bad_grant_is_refused_by_its_name(
    shared_cloud: CloudProcess, form: dict[str, str], auth: tuple[str, str], status: int, error: str
) -> None:
    answer = basic_grant(shared_cloud, auth, **form)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_the_error_body_of_the_token_endpoint_is_a_switch(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"oauth_error_body": "genesys"})
    answer = basic_grant(cloud, BASIC, grant_type="password")
    assert answer.json()["code"] == "unsupported_grant_type"
    assert answer.json()["contextId"] == answer.headers["inin-correlation-id"]


def test_a_desktop_refreshes_without_a_secret(shared_cloud: CloudProcess) -> None:
    form = {"grant_type": "refresh_token", "client_id": DESKTOP_CLIENT_ID, "refresh_token": AGENTS[0].refresh_token}
    given = shared_cloud.grant(**form).json()
    assert given["refresh_token"] == AGENTS[0].refresh_token
    assert shared_cloud.grant(**form).status_code == 200


def test_a_refresh_token_is_of_no_use_to_another_client(shared_cloud: CloudProcess) -> None:
    answer = basic_grant(shared_cloud, BASIC, grant_type="refresh_token", refresh_token=AGENTS[0].refresh_token)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_rotated_refresh_tokens_work_once(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"rotate_refresh_tokens": True})
    form = {"grant_type": "refresh_token", "client_id": DESKTOP_CLIENT_ID}
    following = cloud.grant(**form, refresh_token=AGENTS[0].refresh_token).json()["refresh_token"]
    assert cloud.grant(**form, refresh_token=AGENTS[0].refresh_token).status_code == 400
    assert cloud.grant(**form, refresh_token=following).status_code == 200


def test_a_code_and_its_verifier_log_a_desktop_in_once(shared_cloud: CloudProcess) -> None:
    code = shared_cloud.control("issue_code", user_id=AGENTS[1].id, code_challenge=challenge_of(VERIFIER))["code"]
    form = {"grant_type": "authorization_code", "client_id": DESKTOP_CLIENT_ID, "code": code}
    given = shared_cloud.grant(**form, code_verifier=VERIFIER)
    assert set(given.json()) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert shared_cloud.grant(**form, code_verifier=VERIFIER).json()["error"] == "invalid_grant"
    again = shared_cloud.grant(
        grant_type="refresh_token", client_id=DESKTOP_CLIENT_ID, refresh_token=given.json()["refresh_token"]
    )
    assert again.status_code == 200


def test_a_wrong_verifier_is_refused(shared_cloud: CloudProcess) -> None:
    code = shared_cloud.control("issue_code", user_id=AGENTS[1].id, code_challenge=challenge_of(VERIFIER))["code"]
    form = {"grant_type": "authorization_code", "client_id": DESKTOP_CLIENT_ID, "code": code}
    assert shared_cloud.grant(**form, code_verifier="another").json()["error"] == "invalid_grant"


def test_a_public_client_without_a_challenge_is_refused(shared_cloud: CloudProcess) -> None:
    code = shared_cloud.control("issue_code", user_id=AGENTS[1].id)["code"]
    answer = shared_cloud.grant(grant_type="authorization_code", client_id=DESKTOP_CLIENT_ID, code=code)
    assert answer.json()["error"] == "invalid_request"


def test_the_login_page_leads_back_with_a_code_and_the_state(shared_cloud: CloudProcess) -> None:
    query = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:9/back?x=1",
        "state": "s&s",
    }
    page = httpx.get(f"{shared_cloud.api}/oauth/authorize", params=query, trust_env=False)
    assert all(agent.name in page.text for agent in AGENTS)
    chosen = {**query, "user_id": AGENTS[2].id}
    answer = httpx.get(f"{shared_cloud.api}/oauth/authorize", params=chosen, trust_env=False)
    found = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (answer.status_code, found["x"], found["state"]) == (302, ["1"], ["s&s"])
    form = {"grant_type": "authorization_code", "code": found["code"][0]}
    assert basic_grant(shared_cloud, BASIC, **form).json()["error"] == "invalid_grant"
    answer = httpx.get(f"{shared_cloud.api}/oauth/authorize", params=chosen, trust_env=False)
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": query["redirect_uri"]}
    assert basic_grant(shared_cloud, BASIC, **form).status_code == 200


def test_the_implicit_login_leads_back_with_a_token(shared_cloud: CloudProcess) -> None:
    query = {
        "client_id": DESKTOP_CLIENT_ID,
        "response_type": "token",
        "redirect_uri": "http://127.0.0.1:9/",
        "user_id": AGENTS[0].id,
    }
    answer = httpx.get(f"{shared_cloud.api}/oauth/authorize", params=query, trust_env=False)
    token = parse_qs(urlsplit(answer.headers["location"]).fragment)["access_token"][0]
    assert shared_cloud.client(token).head("/api/v2/tokens/me").status_code == 200


def test_logging_out_in_the_browser_leads_back(shared_cloud: CloudProcess) -> None:
    query = {"client_id": DESKTOP_CLIENT_ID, "redirect_uri": "http://127.0.0.1:9/bye"}
    answer = httpx.get(f"{shared_cloud.api}/logout", params=query, trust_env=False)
    assert (answer.status_code, answer.headers["location"]) == (302, "http://127.0.0.1:9/bye")


def test_a_token_says_what_it_stands_for_until_it_is_deleted(shared_cloud: CloudProcess) -> None:
    agent = shared_cloud.agent()
    found = agent.get("/api/v2/tokens/me").json()
    assert found["OAuthClient"]["id"] == DESKTOP_CLIENT_ID
    assert found["organization"] == found["homeOrganization"]
    assert "presence" in found["authorizedScope"]
    assert agent.delete("/api/v2/tokens/me").status_code == 200
    assert agent.head("/api/v2/tokens/me").status_code == 401


def test_a_refresh_token_outlives_the_log_out_unless_the_switch_says_otherwise(start_cloud: StartCloud) -> None:
    for revokes, status in ((False, 200), (True, 400)):
        cloud = start_cloud(switches={"logout_revokes_refresh_token": revokes})
        cloud.agent().delete("/api/v2/tokens/me")
        form = {"grant_type": "refresh_token", "client_id": DESKTOP_CLIENT_ID}
        assert cloud.grant(**form, refresh_token=AGENTS[0].refresh_token).status_code == status


def test_a_token_expires_when_it_said_it_would(start_cloud: StartCloud) -> None:
    cloud = start_cloud(token_seconds=10, time_scale=0.05)
    started = time.monotonic()
    given = basic_grant(cloud, BASIC, grant_type="client_credentials").json()
    assert given["expires_in"] == 0.5
    client = cloud.client(given["access_token"])
    assert client.head("/api/v2/tokens/me").status_code == 200
    until(lambda: client.head("/api/v2/tokens/me").status_code == 401, "the token to expire", 20)
    assert time.monotonic() - started >= 0.45


def test_an_idle_token_ends_and_a_used_one_does_not(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"token_idle_seconds": 20}, time_scale=0.05)
    used, idle = cloud.agent(AGENTS[0]), cloud.agent(AGENTS[1])
    assert "dateTokenIdles" in idle.get("/api/v2/tokens/me").json()
    started = time.monotonic()

    def long_enough() -> bool:
        assert used.head("/api/v2/tokens/me").status_code == 200
        return time.monotonic() - started > 1.2

    until(long_enough, "longer than the idle timeout", 20)
    assert idle.head("/api/v2/tokens/me").status_code == 401


def test_scopes_bind_users_where_the_switch_says_so(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"enforce_scopes": True})
    code = cloud.control(
        "issue_code", user_id=AGENTS[0].id, code_challenge=challenge_of(VERIFIER), scope="presence:readonly"
    )["code"]
    form = {"grant_type": "authorization_code", "client_id": DESKTOP_CLIENT_ID, "code": code}
    agent = cloud.client(cloud.grant(**form, code_verifier=VERIFIER).json()["access_token"])
    assert agent.get("/api/v2/tokens/me").json()["authorizedScope"] == ["presence:readonly"]
    answer = agent.post("/api/v2/notifications/channels")
    assert (answer.status_code, answer.json()["code"]) == (403, "missing.scope")


def test_the_scopes_are_listed_by_page(shared_cloud: CloudProcess) -> None:
    service = shared_cloud.service()
    first = service.get("/api/v2/oauth/scopes", params={"pageSize": 10}).json()
    assert (first["total"], first["pageCount"], len(first["entities"])) == (16, 2, 10)
    second = service.get(first["nextUri"]).json()
    assert [len(second["entities"]), second["previousUri"], "nextUri" in second] == [6, first["selfUri"], False]


def test_no_token_reaches_the_evidence(cloud: CloudProcess) -> None:
    token = cloud.agent_token()
    cloud.client(token).get("/api/v2/tokens/me")
    cloud.grant(grant_type="refresh_token", client_id=DESKTOP_CLIENT_ID, refresh_token="planted-refresh-token")
    cloud.end()
    text = "".join(path.read_text() for path in cloud.evidence_folder.glob("*.jsonl"))
    secrets = [token, AGENTS[0].refresh_token, CLIENT_SECRET, "planted-refresh-token"]
    assert [secret for secret in secrets if secret in text] == []
    assert [e["token_grant"] for e in cloud.evidence().of("cloud.request") if e.get("token_grant")] == [
        "refresh_token",
        "refresh_token",
    ]
