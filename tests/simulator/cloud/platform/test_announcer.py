"""What is published when something changes, listened to inside one cloud without a network."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import EvidenceWriter
from simulator.cloud.cloud import Cloud
from simulator.cloud.platform import Platform
from simulator.cloud.platform.presences import Presence
from simulator.cloud.settings import CloudSettings
from tests.simulator.cloud.conftest import AGENTS, QUEUE_ID, cloud_settings

ANN = AGENTS[0].id
Heard = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    writer = EvidenceWriter(tmp_path, "cloud")
    made = Cloud(CloudSettings.from_json(cloud_settings(tmp_path)), writer)
    made.platform = Platform(made)
    yield made
    writer.close()


def a_whole_call(cloud: Cloud) -> tuple[str, Heard]:
    """Ann takes a call that the customer ends, and wraps it up; the conversation and all events."""
    heard: Heard = []
    cloud.events.subscribe(lambda topic, body: heard.append((topic, body)))

    async def act() -> str:
        platform, routing = cloud.platform, cloud.platform.routing
        platform.change_presence(ANN, ANN, Presence.ON_QUEUE, "ready")
        call = platform.place_call(QUEUE_ID, None, {})
        leg = routing.conversation(call).agents[0].id
        platform.apply(routing.answer(platform.clock.now_ms(), call, leg))
        platform.apply(routing.end(platform.clock.now_ms(), call))
        platform.apply(routing.skip_wrap_up(platform.clock.now_ms(), call, leg))
        return call

    return asyncio.run(act()), heard


def bodies(heard: Heard, topic: str) -> list[dict[str, Any]]:
    """The event bodies of one topic."""
    return [body for found, body in heard if found == topic]


def test_a_presence_event_has_the_shape_of_genesys(cloud: Cloud) -> None:
    _, heard = a_whole_call(cloud)
    body = bodies(heard, f"v2.users.{ANN}.presence")[0]
    assert body.pop("modifiedDate").endswith("Z")
    assert body == {
        "source": "PURECLOUD",
        "presenceDefinition": {"id": Presence.ON_QUEUE.id, "systemPresence": "ON_QUEUE"},
        "primary": True,
        "message": "ready",
    }


def test_activity_tells_routing_presence_and_active_queues(cloud: Cloud) -> None:
    _, heard = a_whole_call(cloud)
    last = bodies(heard, f"v2.users.{ANN}.activity")[-1]
    assert (last["id"], last["routingStatus"]["status"], last["activeQueueIds"]) == (ANN, "IDLE", [QUEUE_ID])
    assert last["presence"]["presenceDefinition"]["systemPresence"] == "ON_QUEUE"


def test_the_routing_status_follows_the_call(cloud: Cloud) -> None:
    _, heard = a_whole_call(cloud)
    found = [body["routingStatus"]["status"] for body in bodies(heard, f"v2.users.{ANN}.routingStatus")]
    assert found == ["IDLE", "INTERACTING", "IDLE"]


def test_a_conversation_is_told_to_its_agents_and_its_queue_nested_and_flat(cloud: Cloud) -> None:
    call, heard = a_whole_call(cloud)
    nested = bodies(heard, f"v2.users.{ANN}.conversations")
    states = [body["participants"][2]["calls"][0]["state"] for body in nested]
    assert states == ["alerting", "connected", "disconnected", "terminated"]
    assert {body["id"] for body in nested} == {call}
    flat = bodies(heard, f"v2.users.{ANN}.conversations.calls")
    assert [body["participants"][2]["state"] for body in flat] == states
    assert flat[0]["participants"][2]["user"]["id"] == ANN
    assert bodies(heard, f"v2.routing.queues.{QUEUE_ID}.conversations") == nested


def test_the_summary_is_told_when_it_changes(cloud: Cloud) -> None:
    _, heard = a_whole_call(cloud)
    summaries = [body["call"]["contactCenter"] for body in bodies(heard, f"v2.users.{ANN}.conversationsummary")]
    assert summaries == [
        {"active": 0, "acw": 0},
        {"active": 1, "acw": 0},
        {"active": 0, "acw": 1},
        {"active": 0, "acw": 0},
    ]


def test_the_detail_events_tell_the_call_in_epoch_milliseconds(cloud: Cloud) -> None:
    call, heard = a_whole_call(cloud)
    prefix = f"v2.detail.events.conversation.{call}."
    found = {topic.removeprefix(prefix): body for topic, body in heard if topic.startswith(prefix)}
    assert list(found) == [
        "customer.start",
        "acd.start",
        "user.start",
        "acd.end",
        "user.end",
        "customer.end",
        "acw",
    ]
    assert (found["acd.start"]["queueId"], found["acd.start"]["mediaType"]) == (QUEUE_ID, "VOICE")
    assert (found["acd.end"]["acdOutcome"], found["acd.end"]["answeredUserId"]) == ("ANSWERED", ANN)
    assert (found["user.end"]["userId"], found["user.end"]["disconnectType"]) == (ANN, "PEER")
    assert all(isinstance(body["eventTime"], int) and body["conversationId"] == call for body in found.values())


def test_a_member_who_leaves_is_told_to_the_queue(cloud: Cloud) -> None:
    heard: Heard = []
    cloud.events.subscribe(lambda topic, body: heard.append((topic, body)))

    async def leave() -> None:
        platform, now_ms = cloud.platform, cloud.platform.clock.now_ms()
        platform.routing.order_join(now_ms, QUEUE_ID, ANN, False)
        platform.apply(platform.routing.expire(now_ms + 1_000))

    asyncio.run(leave())
    body = {"id": ANN, "user": {"id": ANN}, "queueId": QUEUE_ID, "joined": False}
    assert bodies(heard, f"v2.routing.queues.{QUEUE_ID}.users") == [body]


@pytest.mark.parametrize("spelling", ["OnQueue", "On Queue"])
def test_how_events_spell_on_queue_is_a_switch(tmp_path: Path, spelling: str) -> None:
    settings = CloudSettings.from_json(cloud_settings(tmp_path, switches={"presence_event_spelling": spelling}))
    made = Cloud(settings, EvidenceWriter(tmp_path, "cloud"))
    made.platform = Platform(made)
    _, heard = a_whole_call(made)
    made.evidence.close()
    assert bodies(heard, f"v2.users.{ANN}.presence")[0]["presenceDefinition"]["systemPresence"] == spelling
