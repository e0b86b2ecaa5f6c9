"""The control API of the access side, and the one gate in front of all verbs."""

import asyncio
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.simulator.cloud.conftest import AGENTS, CONTROL_TOKEN, DESKTOP_CLIENT_ID, CloudProcess, StartCloud

pytestmark = pytest.mark.world

CHANNELS = "/api/v2/notifications/channels"


def ask(cloud: CloudProcess, verb: str, token: str = CONTROL_TOKEN, **given: Any) -> httpx.Response:
    """The answer to a control verb."""
    headers = {"authorization": f"Bearer {token}"}
    return httpx.post(f"{cloud.ready['control']}/{verb}", json=given, headers=headers, trust_env=False)


@pytest.mark.parametrize("given", [b"", b"Bearer", b"Bearer wrong", "Bearer café".encode()])
def test_the_control_api_opens_only_to_its_own_token(shared_cloud: CloudProcess, given: bytes) -> None:
    answer = httpx.post(f"{shared_cloud.ready['control']}/restart", headers={b"authorization": given}, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad.credentials")


def test_an_agents_token_does_not_open_the_control_api(shared_cloud: CloudProcess) -> None:
    assert ask(shared_cloud, "restart", shared_cloud.agent_token()).status_code == 401


@pytest.mark.parametrize(
    ("verb", "given", "words"),
    [
        ("close_sockets", {"agents": ["nobody"]}, "agents: expected ids of this cloud's agents, found ['nobody']"),
        ("close_sockets", {"agents": []}, "agents: expected a list of agent ids, found []"),
        ("close_sockets", {"agents": AGENTS[0].id}, "agents: expected a list of agent ids"),
        ("close_sockets", {"code": 1006}, "code: expected a close code that may be sent, found 1006"),
        ("close_sockets", {"code": "gone"}, "code: expected a number of at least 0, found 'gone'"),
        ("closing_notice", {"seconds": -1}, "seconds: expected a number of at least 0, found -1"),
        ("issue_code", {"user_id": "nobody"}, "user_id: expected the id of an agent, found 'nobody'"),
        ("issue_code", {"user_id": AGENTS[0].id, "client_id": "x"}, "client_id: expected one of this cloud's"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_was_expected_and_found(
    shared_cloud: CloudProcess, verb: str, given: dict[str, Any], words: str
) -> None:
    answer = ask(shared_cloud, verb, **given)
    assert answer.status_code == 400
    assert words in answer.json()["message"]


def test_an_unknown_verb_is_not_found(shared_cloud: CloudProcess) -> None:
    assert ask(shared_cloud, "explode").status_code == 404


def test_sockets_are_closed_with_the_code_that_was_ordered_and_only_those_meant(cloud: CloudProcess) -> None:
    uris = [cloud.agent(agent).post(CHANNELS).json()["connectUri"] for agent in AGENTS[:2]]

    async def story() -> None:
        async with connect(uris[0], proxy=None) as meant, connect(uris[1], proxy=None) as spared:
            assert cloud.control("close_sockets", agents=[AGENTS[0].id], code=4321) == {"ok": True, "closed": 1}
            with pytest.raises(ConnectionClosed) as found:
                await asyncio.wait_for(meant.recv(), 5)
            assert found.value.rcvd is not None
            assert found.value.rcvd.code == 4321
            await asyncio.wait_for(await spared.ping(), 5)
            assert [socket["agent"] for socket in cloud.state()["sockets"]] == [AGENTS[1].id]
            assert cloud.control("close_sockets")["closed"] == 1

    asyncio.run(story())


def test_revoking_refresh_tokens_too_ends_a_session_for_good(cloud: CloudProcess) -> None:
    agent = cloud.agent()
    assert cloud.control("revoke_tokens", agents=[AGENTS[0].id], refresh_too=True)["revoked"] == 1
    answer = agent.get("/api/v2/tokens/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "bad.credentials")
    form = {"grant_type": "refresh_token", "client_id": DESKTOP_CLIENT_ID}
    assert cloud.grant(**form, refresh_token=AGENTS[0].refresh_token).json()["error"] == "invalid_grant"
    assert cloud.grant(**form, refresh_token=AGENTS[1].refresh_token).status_code == 200


@pytest.mark.parametrize("verb", ["close_sockets", "revoke_tokens", "evict_channels", "closing_notice", "restart"])
def test_a_sabotaged_verb_answers_200_and_does_nothing(start_cloud: StartCloud, verb: str) -> None:
    cloud = start_cloud(sabotage=[verb])
    agent = cloud.agent()
    uri = agent.post(CHANNELS).json()["connectUri"]

    async def story() -> None:
        async with connect(uri, proxy=None) as socket:
            before = cloud.state()["channels"]
            assert cloud.control(verb, agents=[AGENTS[0].id], seconds=0) == {"ok": True}
            await asyncio.wait_for(await socket.ping(), 5)
            assert cloud.state()["channels"] == before
            assert agent.head("/api/v2/tokens/me").status_code == 200

    asyncio.run(story())
    assert cloud.evidence().of("cloud.control") == []


def test_each_verb_that_was_obeyed_is_in_the_evidence(cloud: CloudProcess) -> None:
    cloud.control("evict_channels")
    cloud.control("restart")
    assert [entry["verb"] for entry in cloud.evidence().of("cloud.control")] == ["evict_channels", "restart"]
