"""Notification sockets against a real cloud process."""

import asyncio
import itertools
import json
import ssl
import time
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from harness.evidence import EvidenceWriter, read
from harness.waiting import eventually, until
from simulator.cloud.caller import Caller
from simulator.cloud.cloud import Cloud
from simulator.cloud.settings import CloudSettings
from simulator.cloud.sockets import MAX_WAITING
from tests.simulator.cloud.conftest import AGENTS, CloudProcess, StartCloud, cloud_settings

pytestmark = pytest.mark.world

ME = AGENTS[0].id
CHANNELS = "/api/v2/notifications/channels"
PRESENCE = f"v2.users.{ME}.presence"
AWAY = "5e5c5c66-ea97-4e7f-ac41-6424784829f2"


def on_socket(
    cloud: CloudProcess, story: Callable[[ClientConnection], Awaitable[None]], topics: tuple[str, ...] = ()
) -> str:
    """Play `story` on the socket of a new channel of the first agent; the channel's id."""
    agent = cloud.agent()
    channel = agent.post(CHANNELS).json()
    if topics:
        agent.put(f"{CHANNELS}/{channel['id']}/subscriptions", json=[{"id": topic} for topic in topics])

    async def play() -> None:
        async with connect(channel["connectUri"], proxy=None) as socket:
            await story(socket)

    asyncio.run(play())
    return str(channel["id"])


async def heard(socket: ClientConnection, within_s: float = 5) -> dict[str, Any]:
    """The next message that is no heartbeat."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), within_s))
        if message.get("eventBody") != {"message": "WebSocket Heartbeat"}:
            return message


async def said(socket: ClientConnection, **message: Any) -> dict[str, Any]:
    """The answer to `message`."""
    await socket.send(json.dumps(message))
    return await heard(socket)


async def closed(socket: ClientConnection, within_s: float = 5) -> int | None:
    """The code with which the cloud closes."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), within_s)
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None


def test_a_heartbeat_comes_every_30_seconds(start_cloud: StartCloud) -> None:
    async def story(socket: ClientConnection) -> None:
        times = [time.monotonic()]
        for _ in range(3):
            assert json.loads(await asyncio.wait_for(socket.recv(), 5)) == {
                "topicName": "channel.metadata",
                "eventBody": {"message": "WebSocket Heartbeat"},
            }
            times.append(time.monotonic())
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert all(0.25 <= gap <= 0.6 for gap in gaps), gaps

    on_socket(start_cloud(time_scale=0.01), story)


def test_a_ping_is_answered_with_a_pong(shared_cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        assert await said(socket, message="ping") == {
            "topicName": "channel.metadata",
            "eventBody": {"message": "pong"},
        }

    on_socket(shared_cloud, story)


def test_a_socket_subscribes_for_itself(cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        answer = await said(socket, message="subscribe", topics=[PRESENCE], correlationId="x1")
        assert answer == {"result": "200", "status": "subscribed", "topics": [PRESENCE], "correlationId": "x1"}
        assert cloud.state()["channels"][0]["topics"] == [PRESENCE]

    on_socket(cloud, story)


@pytest.mark.parametrize(
    ("topics", "status"),
    [([f"v2.users.{AGENTS[1].id}.conversations"], "failure"), (["v2.users.x.moods"], "failure"), ("presence", "error")],
)
def test_a_bad_subscription_over_the_socket_is_answered_with_400(
    shared_cloud: CloudProcess, topics: Any, status: str
) -> None:
    async def story(socket: ClientConnection) -> None:
        answer = await said(socket, message="subscribe", topics=topics, correlationId="x2")
        assert (answer["result"], answer["status"], answer["correlationId"]) == ("400", status, "x2")

    on_socket(shared_cloud, story)


@pytest.mark.parametrize("text", ["hello", "[]", '{"message":"sing"}'])
def test_what_a_socket_does_not_understand_it_says_so(shared_cloud: CloudProcess, text: str) -> None:
    async def story(socket: ClientConnection) -> None:
        await socket.send(text)
        assert (await heard(socket))["result"] == "400"

    on_socket(shared_cloud, story)


def test_events_come_over_the_socket_in_genesys_envelope(shared_cloud: CloudProcess) -> None:
    agent = shared_cloud.agent()

    async def story(socket: ClientConnection) -> None:
        agent.patch(f"/api/v2/users/{ME}/presences/PURECLOUD", json={"presenceDefinition": {"id": AWAY}})
        message = await heard(socket)
        while message["eventBody"]["presenceDefinition"]["id"] != AWAY:
            message = await heard(socket)
        assert (message["topicName"], message["version"]) == (PRESENCE, "2")
        assert message["eventBody"]["presenceDefinition"] == {"id": AWAY, "systemPresence": "AWAY"}
        assert set(message["metadata"]) == {"CorrelationId"}

    on_socket(shared_cloud, story, (PRESENCE,))


def test_an_unknown_channel_is_answered_with_404_instead_of_a_handshake(shared_cloud: CloudProcess) -> None:
    async def knock() -> int:
        try:
            await connect(f"{shared_cloud.api.replace('http', 'ws')}/channels/unknown", proxy=None)
        except InvalidStatus as error:
            return error.response.status_code
        return 101

    assert asyncio.run(knock()) == 404


def test_a_second_socket_of_a_channel_displaces_the_first(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"displaced_close_code": 4005})
    channel = cloud.agent().post(CHANNELS).json()

    async def story() -> None:
        async with connect(channel["connectUri"], proxy=None) as first:
            async with connect(channel["connectUri"], proxy=None) as second:
                told = await heard(first)
                assert told["topicName"] == f"v2.system.no_longer_subscribed.{channel['id']}"
                assert told["eventBody"]["reason"] == "another_channel_subscribed"
                assert told["eventBody"]["userId"] == ME
                assert await closed(first) == 4005
                assert (await said(second, message="ping"))["eventBody"] == {"message": "pong"}
                assert len(cloud.state()["sockets"]) == 1

    asyncio.run(story())


def test_an_evicted_channel_tells_its_socket_and_closes_it(cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        assert cloud.control("evict_channels", agents=[ME]) == {"ok": True, "evicted": 1}
        assert (await heard(socket))["eventBody"]["systemTopicType"] == "no_longer_subscribed"
        assert await closed(socket) == 1001

    channel = on_socket(cloud, story)
    assert cloud.agent().head(f"{CHANNELS}/{channel}").status_code == 404


def test_the_21st_channel_spares_those_with_a_socket(cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        agent = cloud.agent()
        for _ in range(20):
            agent.post(CHANNELS)
        assert (await said(socket, message="ping"))["eventBody"] == {"message": "pong"}

    on_socket(cloud, story)


def test_revoked_tokens_end_channel_and_socket(cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        assert cloud.control("revoke_tokens", agents=[ME])["revoked"] == 1
        told = await heard(socket)
        assert told["topicName"] == "v2.system.token_revoked"
        assert told["eventBody"]["reason"] == "user_tokens_revoked"
        assert await closed(socket) == 1008

    on_socket(cloud, story)


@pytest.mark.parametrize(
    ("style", "keys"),
    [("system_message", {"channelId", "systemTopicType"}), ("message", {"message"}), ("empty", set())],
)
def test_a_closing_notice_comes_a_minute_before_the_close(start_cloud: StartCloud, style: str, keys: set[str]) -> None:
    cloud = start_cloud(switches={"socket_closing_body": style}, time_scale=0.01)

    async def story(socket: ClientConnection) -> None:
        assert cloud.control("closing_notice", agents=[ME])["announced"] == 1
        told = await heard(socket)
        noticed = time.monotonic()
        assert told["topicName"] == "v2.system.socket_closing"
        assert keys <= set(told["eventBody"])
        assert await closed(socket) == 1001
        assert time.monotonic() - noticed >= 0.5

    on_socket(cloud, story)


def test_an_idle_socket_is_closed_where_the_switch_says_so(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"idle_timeout_seconds": 40}, time_scale=0.01)

    async def story(socket: ClientConnection) -> None:
        started = time.monotonic()
        while time.monotonic() - started < 0.6:
            await said(socket, message="ping")
        silent = time.monotonic()
        assert await closed(socket) == 1001
        assert time.monotonic() - silent >= 0.3

    on_socket(cloud, story)


def test_a_socket_closed_by_its_client_leaves_nothing_behind(cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        assert [s["agent"] for s in cloud.state()["sockets"]] == [ME]

    channel = on_socket(cloud, story)
    until(lambda: cloud.state()["sockets"] == [], "the socket to be gone", 20)
    last = cloud.evidence().last("cloud.socket.closed")
    assert last is not None
    assert (last.agent, last["channel"], last["code"]) == (ME, channel, 1000)


def test_a_reset_connection_is_noted_as_abnormal(cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        socket.transport.abort()

    on_socket(cloud, story)
    until(lambda: cloud.state()["sockets"] == [], "the socket to be gone", 20)
    last = cloud.evidence().last("cloud.socket.closed")
    assert last is not None
    assert last["code"] == 1006


@pytest.mark.parametrize(("keeps", "topics"), [(True, [PRESENCE]), (False, [])])
def test_subscriptions_outlive_the_socket_as_the_switch_says(
    start_cloud: StartCloud, keeps: bool, topics: list[str]
) -> None:
    cloud = start_cloud(switches={"channel_keeps_subscriptions": keeps})

    async def story(socket: ClientConnection) -> None:
        assert cloud.state()["channels"][0]["topics"] == [PRESENCE]

    on_socket(cloud, story, (PRESENCE,))
    until(lambda: cloud.state()["sockets"] == [], "the socket to be gone", 20)
    assert cloud.state()["channels"][0]["topics"] == topics


def test_a_change_of_subscriptions_is_announced_where_the_switch_says_so(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"announce_subscription_changes": True})

    async def story(socket: ClientConnection) -> None:
        answer = await said(socket, message="subscribe", topics=[PRESENCE])
        assert answer["topicName"] == "v2.system.subscription_changed"

    on_socket(cloud, story)


def test_a_restart_drops_sockets_and_channels_and_keeps_tokens(cloud: CloudProcess) -> None:
    async def story(socket: ClientConnection) -> None:
        assert cloud.control("restart") == {"ok": True, "closed": 1, "channels": 1}
        assert await closed(socket) == 1012

    channel = on_socket(cloud, story)
    assert cloud.state()["tokens"][ME] == {"access": 1, "refresh": 1}
    assert cloud.agent().head(f"{CHANNELS}/{channel}").status_code == 404


def test_a_reader_that_is_too_slow_is_given_up_and_not_waited_for(tmp_path: Path) -> None:
    settings = CloudSettings.from_json(cloud_settings(tmp_path))
    evidence = EvidenceWriter(Path(settings.evidence), "cloud")

    async def story() -> None:
        cloud = Cloud(settings, evidence)
        channel = cloud.channels.create(Caller("token", "client", ME))
        connecting: list[dict[str, Any]] = [{"type": "websocket.connect"}]

        async def receive() -> dict[str, Any]:
            if connecting:
                return connecting.pop()
            return await asyncio.Future[dict[str, Any]]()

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "websocket.send":
                await asyncio.Future[None]()

        scope = {"type": "websocket", "path": "/", "path_params": {"channel_id": channel.id}, "headers": []}
        serving = asyncio.create_task(cloud.sockets.serve(WebSocket(scope, receive, send)))
        await eventually(lambda: cloud.sockets.count(ME) == 1, "the socket to open", 20)
        for number in range(MAX_WAITING + 10):
            cloud.sockets.send(channel.id, str(number))
        assert cloud.sockets.count(ME) == 0
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(story())
    evidence.close()
    last = read(tmp_path / "evidence").last("cloud.socket.closed")
    assert last is not None
    assert last["code"] == 1011


def test_over_tls_the_socket_is_wss(start_cloud: StartCloud) -> None:
    cloud = start_cloud(tls=True)
    context = ssl.create_default_context(cafile=cloud.ready["ca"])
    with httpx.Client(verify=context, trust_env=False, base_url=cloud.api) as client:
        form = {"grant_type": "refresh_token", "client_id": cloud.settings["desktop_client_id"]}
        token = client.post("/oauth/token", data={**form, "refresh_token": AGENTS[0].refresh_token}).json()
        uri = client.post(CHANNELS, headers={"authorization": f"Bearer {token['access_token']}"}).json()["connectUri"]

    async def story() -> None:
        async with connect(uri, proxy=None, ssl=context) as socket:
            assert (await said(socket, message="ping"))["eventBody"] == {"message": "pong"}

    assert uri.startswith("wss://127.0.0.1:")
    asyncio.run(story())
