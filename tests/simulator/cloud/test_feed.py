"""The event feed, into a small recorder on loopback."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.evidence import EvidenceReader, EvidenceWriter, read
from harness.waiting import eventually, until
from simulator.cloud import feed
from simulator.cloud.cloud import Cloud
from simulator.cloud.settings import CloudSettings
from tests.simulator.cloud.conftest import AGENTS, StartCloud, cloud_settings

ME = AGENTS[0].id
ACD_START = "v2.detail.events.conversation.c1.acd.start"


class Recorder:
    """A sink that keeps what it is given and answers the statuses of `answers`, then 200."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []
        self.addressed: list[str] = []
        self.answers: list[int] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                recorder.events.append(json.loads(body))
                recorder.tokens.append(self.headers["authorization"])
                recorder.addressed.append(self.path)
                self.send_response(recorder.answers.pop(0) if recorder.answers else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/events"

    def bodies(self) -> list[dict[str, Any]]:
        """The event bodies in the order of arrival."""
        return [event["detail"]["eventBody"] for event in self.events]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    """A recorder that listens."""
    found = Recorder()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def published(folder: Path, topics: list[str], done: Callable[[], Any], **changes: Any) -> Cloud:
    """Publish one numbered event on each of `topics` in a cloud with a feed, and wait until `done`.

    What `body` adds to each event is taken out of `changes`; the rest are settings.
    """
    body: dict[str, Any] = changes.pop("body", {})
    settings = CloudSettings.from_json(cloud_settings(folder, **changes))
    cloud = Cloud(settings, EvidenceWriter(Path(settings.evidence), "cloud"))

    async def story() -> None:
        feed.begin(cloud, feed.line_of(settings))
        assert cloud.feed is not None
        try:
            for number, topic in enumerate(topics):
                cloud.events.publish(topic, {**body, "number": number})
            await eventually(done, "the feed to do its work", 20)
        finally:
            await cloud.feed.stop()

    asyncio.run(story())
    cloud.evidence.close()
    return cloud


def test_an_event_arrives_in_the_envelope_of_eventbridge(tmp_path: Path, recorder: Recorder) -> None:
    cloud = published(tmp_path, [ACD_START], lambda: recorder.events, event_feed=recorder.url)
    event = recorder.events[0]
    assert set(event) == {
        "version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail",
    }  # fmt: skip
    assert event["detail-type"] == "v2.detail.events.conversation.{id}.acd.start"
    assert event["source"] == f"aws.partner/genesys.com/cloud/{cloud.organization_id}/deskstorm"
    detail = event["detail"]
    assert (detail["topicName"], detail["eventBody"], detail["version"]) == (ACD_START, {"number": 0}, "2")
    assert detail["timestamp"].startswith(event["time"][:-1])
    assert set(detail["metadata"]) == {"CorrelationId"}


def test_what_the_event_bridge_does_not_carry_is_not_sent(tmp_path: Path, recorder: Recorder) -> None:
    topics = [f"v2.users.{ME}.conversations", "v2.routing.queues.q.users", f"v2.users.{ME}.presence"]
    published(tmp_path, topics, lambda: recorder.events, event_feed=recorder.url)
    assert [event["detail-type"] for event in recorder.events] == ["v2.users.{id}.presence"]


def test_a_refused_event_is_sent_again_after_a_growing_pause(tmp_path: Path, recorder: Recorder) -> None:
    recorder.answers = [500, 503, 404]
    published(tmp_path, [ACD_START], lambda: len(recorder.events) == 4, event_feed=recorder.url, time_scale=0.02)
    assert len({event["id"] for event in recorder.events}) == 1


def test_a_sink_that_is_down_gets_its_events_when_it_is_back(tmp_path: Path, recorder: Recorder) -> None:
    recorder.answers = [500] * 20
    topics = [ACD_START] * 10
    numbers: Callable[[], set[int]] = lambda: {body["number"] for body in recorder.bodies()[20:]}  # noqa: E731
    done = lambda: len(recorder.events) >= 30 and len(numbers()) == 10  # noqa: E731
    published(tmp_path, topics, done, event_feed=recorder.url, time_scale=0.02)
    assert numbers() == set(range(10))


def test_order_is_not_kept_where_the_switch_says_so(tmp_path: Path, recorder: Recorder) -> None:
    published(
        tmp_path,
        [ACD_START] * 20,
        lambda: len(recorder.events) == 20,
        event_feed=recorder.url,
        switches={"feed_disorder_seconds": 10},
    )
    arrived = [body["number"] for body in recorder.bodies()]
    assert sorted(arrived) == list(range(20))
    assert arrived != sorted(arrived)


def test_an_event_is_given_up_after_four_days(tmp_path: Path, recorder: Recorder) -> None:
    recorder.answers = [500] * 1000
    folder = tmp_path / "evidence"
    published(
        tmp_path,
        [ACD_START],
        lambda: read(folder).of("cloud.feed.dropped"),
        event_feed=recorder.url,
        time_scale=0.000002,  # four days are 0.69 s
    )
    assert [entry["topic"] for entry in read(folder).of("cloud.feed.dropped")] == [ACD_START]


def test_beyond_10000_waiting_events_the_new_ones_are_dropped_and_noted(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    published(
        tmp_path,
        [ACD_START] * (feed.MAX_EVENTS + 3),
        lambda: True,
        event_feed="http://127.0.0.1:9/",
    )
    assert len(read(folder).of("cloud.feed.dropped")) == 3


def test_the_feed_goes_by_its_proxy_and_carries_its_token(tmp_path: Path, recorder: Recorder) -> None:
    published(
        tmp_path,
        [ACD_START],
        lambda: recorder.events,
        event_feed="http://tracker.example/eventbridge",
        event_feed_proxy=recorder.url.removesuffix("/events"),
        event_feed_token="token-of-the-tracker",
    )
    assert recorder.addressed == ["http://tracker.example/eventbridge"]
    assert recorder.tokens == ["Bearer token-of-the-tracker"]


def test_the_simplified_dialect_carries_queues_alone(tmp_path: Path, recorder: Recorder) -> None:
    prefix = "v2.detail.events.conversation.c1."
    topics = [f"{prefix}customer.start", f"{prefix}acd.start", f"{prefix}user.start", f"{prefix}acd.end"]
    about = {"conversationId": "c1", "queueId": "q1", "participantId": "p1", "eventTime": 1_767_225_600_123}
    published(
        tmp_path,
        topics,
        lambda: len(recorder.events) == 2,
        event_feed=recorder.url,
        event_feed_dialect="seed",
        body=about,
    )
    member = "routing:conversation:queue:member"
    assert [event["detail"] for event in recorder.events] == [
        {
            "eventType": f"{member}:{kind}",
            "conversationId": "c1",
            "routingQueueId": "q1",
            "participantId": "p1",
            "timestamp": "2026-01-01T00:00:00.123Z",
        }
        for kind in ("enter", "exit")
    ]
    assert [event["detail-type"] for event in recorder.events] == [f"{member}:enter", f"{member}:exit"]


def test_events_of_one_conversation_come_in_order_while_all_goes_well(tmp_path: Path, recorder: Recorder) -> None:
    published(
        tmp_path,
        [ACD_START] * 30,
        lambda: len(recorder.events) == 30,
        event_feed=recorder.url,
        body={"conversationId": "c1"},
    )
    assert [body["number"] for body in recorder.bodies()] == list(range(30))


def test_each_attempt_and_its_answer_are_in_the_evidence(tmp_path: Path, recorder: Recorder) -> None:
    recorder.answers = [503]
    published(
        tmp_path,
        [ACD_START],
        lambda: len(recorder.events) == 2,
        event_feed=recorder.url,
        time_scale=0.02,
        body={"conversationId": "c1"},
    )
    found = read(tmp_path / "evidence")
    id = recorder.events[0]["id"]
    assert [entry.fields for entry in found.of("cloud.feed.sent")] == [
        {"event": id, "conversation": "c1", "topic": ACD_START, "attempt": attempt} for attempt in (1, 2)
    ]
    assert found.of("cloud.feed.answered")[0].fields == {"event": id, "status": 503}


@pytest.mark.world
def test_a_feed_can_be_begun_later_and_only_once(start_cloud: StartCloud, recorder: Recorder) -> None:
    cloud = start_cloud(flow=True, queues=[{"id": "held", "name": "Held", "staffed": False}])
    cloud.control("feed_events", url=recorder.url, token="t")
    placed = cloud.control("place_call", queue_id="held")["conversationId"]
    cloud.control("move_call", conversation_id=placed, queue_id="held")
    cloud.control("end_call", conversation_id=placed)
    until(lambda: len(recorder.events) >= 8, "every event of the call", 20)
    topics = [str(event["detail"]["topicName"]).partition(f"{placed}.")[2] for event in recorder.events]
    assert topics == [
        "customer.start",
        "flow.start",
        "flow.end",
        "acd.start",
        "acd.end",
        "acd.start",
        "acd.end",
        "customer.end",
    ]
    headers = {"authorization": f"Bearer {cloud.settings['control_token']}"}
    for given in ({"url": recorder.url}, {"colour": "red"}, {}):
        url = f"{cloud.ready['control']}/feed_events"
        assert httpx.post(url, json=given, headers=headers, trust_env=False).status_code == 400
    visits = [(entry["left"] is None, entry["outcome"]) for entry in cloud.evidence().of("cloud.visit")]
    assert visits == [(True, None), (False, "FLOW_OUT"), (True, None), (False, "ABANDON")]
    calls = [entry["ended"] is None for entry in cloud.evidence().of("cloud.call")]
    assert calls == [True, False]


@pytest.mark.world
def test_a_call_and_a_presence_reach_the_sink_of_a_running_cloud(start_cloud: StartCloud, recorder: Recorder) -> None:
    cloud = start_cloud(event_feed=recorder.url)
    away = {"presenceDefinition": {"id": "5e5c5c66-ea97-4e7f-ac41-6424784829f2"}}
    assert cloud.agent().patch(f"/api/v2/users/{ME}/presences/PURECLOUD", json=away).status_code == 200
    placed = cloud.control("place_call")["conversationId"]

    def arrived() -> bool:
        topics = [event["detail"]["topicName"] for event in recorder.events]
        wanted = {f"v2.users.{ME}.presence", f"v2.detail.events.conversation.{placed}.acd.start"}
        return wanted <= set(topics)

    until(arrived, "both events at the sink", 20)
    body = next(b for e, b in zip(recorder.events, recorder.bodies(), strict=True) if "acd.start" in e["detail-type"])
    assert body["conversationId"] == placed
    assert isinstance(body["eventTime"], int)


def test_a_feed_with_much_undelivered_stops_at_any_moment(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        refused = f"http://127.0.0.1:{taken.getsockname()[1]}/events"

        async def stopped_after(turns: int) -> bool:
            folder = tmp_path / str(turns)
            folder.mkdir()
            settings = CloudSettings.from_json(cloud_settings(folder, event_feed=refused, time_scale=0.01))
            cloud = Cloud(settings, EvidenceWriter(Path(settings.evidence), "cloud"))
            feed.begin(cloud, feed.line_of(settings))
            assert cloud.feed is not None
            for number in range(8):
                cloud.events.publish(ACD_START, {"conversationId": "c1", "number": number})
            evidence = EvidenceReader(Path(settings.evidence))
            await eventually(lambda: evidence.read().of("cloud.feed.answered"), "the first attempt to fail", 20, 0.001)
            for _ in range(turns):
                await asyncio.sleep(0)  # waits: one turn of the loop
            stop = asyncio.create_task(cloud.feed.stop())
            done, _ = await asyncio.wait([stop], timeout=10)
            cloud.evidence.close()
            return bool(done)

        assert all(asyncio.run(stopped_after(turns)) for turns in range(60))
