"""Notification channels over REST: their limits, their subscriptions, their end."""

from typing import Any

import httpx
import pytest

from harness.waiting import until
from tests.simulator.cloud.conftest import AGENTS, CloudProcess, StartCloud

pytestmark = pytest.mark.world

ME, OTHER = AGENTS[0].id, AGENTS[1].id
CHANNELS = "/api/v2/notifications/channels"
PRESENCE, ROUTING = f"v2.users.{ME}.presence", f"v2.users.{ME}.routingStatus"
FORBIDDEN = f"v2.users.{OTHER}.conversations"


def new_channel(client: httpx.Client) -> str:
    """The id of a new channel."""
    return str(client.post(CHANNELS).json()["id"])


def subscribe(client: httpx.Client, channel: str, *topics: str, method: str = "PUT", **query: str) -> httpx.Response:
    """The answer to subscribing to `topics`."""
    body = [{"id": topic} for topic in topics]
    return client.request(method, f"{CHANNELS}/{channel}/subscriptions", json=body, params=query)


def topics(client: httpx.Client, channel: str) -> list[str]:
    """What the channel is subscribed to."""
    return [topic["id"] for topic in client.get(f"{CHANNELS}/{channel}/subscriptions").json()["entities"]]


def test_a_channel_is_made_from_the_literal_null_that_the_official_client_sends(shared_cloud: CloudProcess) -> None:
    answer = shared_cloud.agent().post(CHANNELS, content=b"null", headers={"content-type": "application/json"})
    found = answer.json()
    assert found["connectUri"] == f"{shared_cloud.api.replace('http', 'ws')}/channels/{found['id']}"
    assert found["expires"].endswith("Z")


def test_the_21st_channel_removes_the_least_recently_used_one(cloud: CloudProcess) -> None:
    agent = cloud.agent()
    made = [new_channel(agent) for _ in range(20)]
    assert agent.head(f"{CHANNELS}/{made[0]}").status_code == 200
    made.append(new_channel(agent))
    assert [agent.head(f"{CHANNELS}/{channel}").status_code for channel in made] == [200, 404] + [200] * 19


def test_the_20_channels_are_counted_by_user_and_client(cloud: CloudProcess) -> None:
    agent, other, service = cloud.agent(), cloud.agent(AGENTS[1]), cloud.service()
    first = new_channel(agent)
    for _ in range(20):
        new_channel(other)
        new_channel(service)
    assert agent.head(f"{CHANNELS}/{first}").status_code == 200


def test_a_channel_is_listed_for_its_token_or_for_its_client(cloud: CloudProcess) -> None:
    agent, again = cloud.agent(), cloud.agent()
    channel = new_channel(agent)
    assert [c["id"] for c in agent.get(CHANNELS).json()["entities"]] == [channel]
    assert again.get(CHANNELS).json()["entities"] == []
    query = {"includechannels": "oauthclient"}
    assert [c["id"] for c in again.get(CHANNELS, params=query).json()["entities"]] == [channel]


def test_a_channel_is_not_found_by_anybody_else(shared_cloud: CloudProcess) -> None:
    channel = new_channel(shared_cloud.agent())
    other = shared_cloud.agent(AGENTS[1])
    assert other.head(f"{CHANNELS}/{channel}").status_code == 404
    answer = subscribe(other, channel, PRESENCE)
    assert (answer.status_code, answer.json()["code"]) == (404, "not.found")


def test_put_replaces_post_adds_and_delete_empties(shared_cloud: CloudProcess) -> None:
    agent = shared_cloud.agent()
    channel = new_channel(agent)
    assert subscribe(agent, channel, PRESENCE).json()["entities"] == [
        {"id": PRESENCE, "state": "Permitted", "selfUri": f"/api/v2/notifications/topics/{PRESENCE}"}
    ]
    subscribe(agent, channel, ROUTING, method="POST")
    assert topics(agent, channel) == [PRESENCE, ROUTING]
    subscribe(agent, channel, ROUTING)
    assert topics(agent, channel) == [ROUTING]
    assert agent.delete(f"{CHANNELS}/{channel}/subscriptions").status_code == 200
    assert topics(agent, channel) == []


@pytest.mark.parametrize(("bad", "status"), [(FORBIDDEN, 403), ("v2.users.x.moods", 400), ("v2." + "x" * 200, 400)])
def test_one_bad_topic_fails_the_whole_call(shared_cloud: CloudProcess, bad: str, status: int) -> None:
    agent = shared_cloud.agent()
    channel = new_channel(agent)
    answer = subscribe(agent, channel, PRESENCE, bad)
    assert answer.status_code == status
    assert topics(agent, channel) == []


def test_with_ignore_errors_the_good_topics_stay_and_the_bad_ones_say_why(shared_cloud: CloudProcess) -> None:
    agent = shared_cloud.agent()
    channel = new_channel(agent)
    answer = subscribe(agent, channel, PRESENCE, FORBIDDEN, "v2.users.x.moods", ignoreErrors="true")
    found = {topic["id"]: topic for topic in answer.json()["entities"]}
    assert {name: topic["state"] for name, topic in found.items()} == {
        PRESENCE: "Permitted",
        FORBIDDEN: "Rejected",
        "v2.users.x.moods": "Rejected",
    }
    assert found[FORBIDDEN]["missingPermissions"] == ["conversation:communication:view"]
    assert found["v2.users.x.moods"]["rejectionReason"] == "invalid topic: v2.users.x.moods"
    assert topics(agent, channel) == [PRESENCE]


def test_the_status_of_a_forbidden_topic_is_a_switch(start_cloud: StartCloud) -> None:
    agent = start_cloud(switches={"forbidden_topic_status": 400}).agent()
    assert subscribe(agent, new_channel(agent), FORBIDDEN).status_code == 400


def test_a_combined_topic_is_one_subscription_to_all_of_its_parts(cloud: CloudProcess) -> None:
    agent = cloud.agent()
    combined = f"v2.users.{ME}?presence&routingStatus"
    channel = new_channel(agent)
    subscribe(agent, channel, combined)
    assert topics(agent, channel) == [combined]
    assert cloud.state()["channels"][0]["topics"] == [PRESENCE, ROUTING]


@pytest.mark.parametrize(("once", "statuses"), [(False, (200, 400)), (True, (200, 200))])
def test_a_channel_has_at_most_1000_topics(start_cloud: StartCloud, once: bool, statuses: tuple[int, int]) -> None:
    service = start_cloud(switches={"combined_topic_counts_once": once}).service()
    channel = new_channel(service)
    names = [f"v2.users.u{number}.presence" for number in range(999)]
    full = subscribe(service, channel, *names, "v2.users.x.presence")
    more = subscribe(service, channel, *names, "v2.users.x?presence&activity")
    assert (full.status_code, more.status_code) == statuses
    assert len(topics(service, channel)) == 1000


@pytest.mark.parametrize("body", [{"id": PRESENCE}, [PRESENCE], [{"topic": PRESENCE}], "{"])
def test_a_body_that_is_no_list_of_topics_is_refused(shared_cloud: CloudProcess, body: Any) -> None:
    agent = shared_cloud.agent()
    sent = {"content": body} if isinstance(body, str) else {"json": body}
    answer = agent.put(f"{CHANNELS}/{new_channel(agent)}/subscriptions", **sent)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad.request")


def test_a_channel_ends_after_24_hours_unless_it_is_subscribed_again(start_cloud: StartCloud) -> None:
    changes = {"token_seconds": 1e9, "switches": {"max_token_seconds": 1e9}}
    agent = start_cloud(time_scale=0.00001, **changes).agent()  # 24 hours are 0.864 s
    renewed, left = new_channel(agent), new_channel(agent)

    def left_is_gone() -> bool:
        subscribe(agent, renewed, PRESENCE)
        return agent.head(f"{CHANNELS}/{left}").status_code == 404

    until(left_is_gone, "the channel that nobody renewed to end", 20)
    assert agent.head(f"{CHANNELS}/{renewed}").status_code == 200


@pytest.mark.parametrize(("rule", "second_login", "status"), [("last", True, 200), ("own", True, 404)])
def test_a_channel_outlives_its_token_only_as_the_switch_says(
    start_cloud: StartCloud, rule: str, second_login: bool, status: int
) -> None:
    cloud = start_cloud(switches={"channel_dies_with_token": rule})
    first, second = cloud.agent(), cloud.agent()
    channel = new_channel(first)
    first.delete("/api/v2/tokens/me")
    assert second.head(f"{CHANNELS}/{channel}").status_code == status


def test_a_channel_ends_with_the_last_token_of_its_user_and_client(cloud: CloudProcess) -> None:
    agent = cloud.agent()
    new_channel(agent)
    agent.delete("/api/v2/tokens/me")
    assert cloud.state()["channels"] == []


def test_the_available_topics_say_what_they_need(shared_cloud: CloudProcess) -> None:
    found = shared_cloud.agent().get("/api/v2/notifications/availabletopics?expand=description").json()["entities"]
    by_id = {topic["id"]: topic for topic in found}
    assert by_id["v2.users.{id}.presence"]["requiresPermissions"] == []
    assert by_id["v2.users.{id}.conversations"]["requiresPermissions"] == ["conversation:communication:view"]
