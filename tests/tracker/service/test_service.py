"""The tracker over HTTP, as a real process: deliveries good and bad, access, questions, and an end in order."""

import contextlib
import hashlib
import hmac
import json
import re
import select
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.waiting import until
from tests.idle import answers_after_a_rest
from tests.tracker.running import Running, acd, running
from tests.tracker.test_envelope import simple
from tracker.service.door import MOST_HEAD_BYTES
from tracker.store.protocol import LONGEST_RAW

pytestmark = pytest.mark.world

NOW_MS = time.time_ns() // 1_000_000
KEPT = {"accepted": 1, "duplicates": 0, "unsupported": 0, "rejected": 0}
HEALTH = "/api/v1/interactions/health"


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One tracker for all that only adds conversations of its own."""
    queues = {"default": {"max_dwell_s": 30, "max_bounces": 1}}
    with running(tmp_path_factory.mktemp("tracker"), queues=queues) as started:
        yield started


def error_of(answer: httpx.Response) -> dict[str, str]:
    """The error of an answer, which must have all three parts and stand on one line."""
    found: dict[str, str] = answer.json()["error"]
    assert set(found) == {"what", "expected", "found"}
    assert "\n" not in answer.text
    return found


def test_a_conversations_way_through_its_queues_is_told(tracker: Running) -> None:
    at = int(time.time() * 1000) - 10_000
    for event in (
        acd("way", "start", at, "billing", 1),
        acd("way", "end", at + 1500, "billing", 1),
        acd("way", "start", at + 2000, "sales", 2),
    ):
        assert tracker.deliver(event).json() == KEPT
    found = tracker.get(HEALTH, conversationId="way")
    state = found["current_state"]
    assert (found["conversation_id"], found["version"], state["queue_id"]) == ("way", 3, "sales")
    assert [(step["type"], step["queue_id"]) for step in state["transitions"]] == [
        ("enter", "billing"),
        ("exit", "billing"),
        ("enter", "sales"),
    ]
    assert [visit["dwell_seconds"] for visit in state["visits"]] == [1.5, None]
    assert (state["is_stuck"], state["is_anomalous"], state["open"], state["phantoms"]) == (False, False, True, [])
    assert found["enrichment"] == {"ok": False, "reason": "no cloud is set up"}
    assert tracker.get("/api/v1/queues/billing/dwell")["count"] >= 1


def test_the_simplified_dialect_reaches_the_same_state(tracker: Running) -> None:
    enter = simple(conversationId="simple", timestamp="2026-03-19T22:04:48Z")
    leave = simple("exit", conversationId="simple", timestamp="2026-03-19T22:04:50Z")
    assert tracker.deliver(leave).json() == tracker.deliver(enter).json() == KEPT
    state = tracker.get(HEALTH, conversationId="simple")["current_state"]
    assert [visit["dwell_seconds"] for visit in state["visits"]] == [2.0]


def test_a_redelivery_is_a_duplicate_and_changes_nothing(tracker: Running) -> None:
    event = acd("again", "start", NOW_MS)
    assert tracker.deliver(event).json() == KEPT
    before = tracker.get(HEALTH, conversationId="again")
    assert tracker.deliver(event).json() == {**KEPT, "accepted": 0, "duplicates": 1}
    assert tracker.get(HEALTH, conversationId="again") == before


def test_a_batch_is_answered_with_what_became_of_each_event(tracker: Running) -> None:
    events = [acd("batch", "start", NOW_MS), acd("batch", "start", NOW_MS), {"no": 1}]
    other = {"detail-type": "v2.users.{id}.presence", "detail": {}}
    answer = tracker.deliver(*events, other)
    assert (answer.status_code, answer.json()) == (
        200,
        {"accepted": 1, "duplicates": 1, "unsupported": 1, "rejected": 1},
    )


def test_parallel_deliveries_of_one_conversation_end_in_its_one_state(tracker: Running) -> None:
    events = [acd("parallel", edge, NOW_MS + visit, "q", visit) for visit in range(40) for edge in ("start", "end")]
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda event: tracker.client.post("/eventbridge", json=event), events * 2))
    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["accepted"] for answer in answers) == len(events)
    found = tracker.get(HEALTH, conversationId="parallel")
    assert (found["version"], found["current_state"]["phantoms"]) == (80, [])
    assert {visit["dwell_seconds"] for visit in found["current_state"]["visits"]} == {0.0}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "body: expected JSON, found nothing"),
        (b"{", "body: expected JSON, found "),
        (b"\xff\xff", "body: expected JSON, found "),
        (b"[]", "body: expected at least one event, found an empty batch"),
        (b'{"detail": 5}', "detail: expected an object, found 5"),
        (json.dumps(simple(timestamp="soon")).encode(), "detail.timestamp: expected an RFC 3339 time"),
    ],
)
def test_a_bad_delivery_is_final_and_kept_with_its_reason(tracker: Running, body: bytes, reason: str) -> None:
    answer = tracker.client.post("/eventbridge", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (400, {**KEPT, "accepted": 0, "rejected": 1})
    newest = tracker.get("/api/v1/dead-letters", pageSize=1)["entities"][0]
    assert newest["reason"].startswith(reason)
    assert newest["raw"] == body.decode("utf-8", "replace")


@pytest.mark.parametrize("declared", [True, False])
def test_a_huge_body_is_refused_unread(tracker: Running, declared: bool) -> None:
    huge = b" " * 1_100_000
    body: Any = huge if declared else iter([huge[:600_000], huge[600_000:]])
    answer = tracker.client.post("/eventbridge", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert error_of(answer) == {"what": "body", "expected": "at most 1048576 bytes", "found": "more"}
    newest = tracker.get("/api/v1/dead-letters", pageSize=1)["entities"][0]
    assert newest["reason"] == "body: expected at most 1048576 bytes, found more"
    assert newest["raw"] == " " * LONGEST_RAW


def test_a_body_just_below_the_limit_is_taken(tracker: Running) -> None:
    body = json.dumps(acd("large", "start", NOW_MS)).encode().ljust(1_048_576)
    answer = tracker.client.post("/eventbridge", content=body, headers={"content-type": "application/json"})
    assert answer.json() == KEPT


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", ""])
def test_another_content_type_is_refused(tracker: Running, kind: str) -> None:
    answer = tracker.client.post("/eventbridge", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 415
    assert error_of(answer)["found"] == (kind or "nothing")
    newest = tracker.get("/api/v1/dead-letters", pageSize=1)["entities"][0]
    assert newest["reason"].endswith(f"found {kind or 'nothing'}")
    assert newest["raw"] == "{}"


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "Application/JSON", "application/cloudevents+json"]
)
def test_json_may_be_said_in_several_ways(tracker: Running, kind: str) -> None:
    body = json.dumps(acd(f"kind {kind}", "start", NOW_MS))
    assert tracker.client.post("/eventbridge", content=body, headers={"content-type": kind}).json() == KEPT


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/eventbridge", 405),
        ("POST", "/health", 405),
        ("GET", "/nowhere", 404),
        ("GET", f"{HEALTH}/", 404),
        ("GET", HEALTH, 400),
        ("GET", f"{HEALTH}?conversationId=nobody", 404),
        ("GET", "/api/v1/interactions?state=closed", 400),
        ("GET", "/api/v1/interactions?pageSize=101", 400),
        ("GET", "/api/v1/interactions?pageNumber=0", 400),
        ("GET", "/api/v1/interactions?pagesize=1", 400),
        ("GET", "/api/v1/interactions?pageSize=1&pageSize=2", 400),
        ("GET", "/api/v1/alerts?state=loud", 400),
    ],
)
def test_a_wrong_question_is_answered_with_what_was_expected(
    tracker: Running, method: str, path: str, status: int
) -> None:
    answer = tracker.client.request(method, path)
    assert answer.status_code == status
    assert error_of(answer)


def test_listings_come_in_pages(tracker: Running) -> None:
    for number in range(5):
        tracker.deliver(acd(f"page-{number}", "start", NOW_MS))
    whole = tracker.get("/api/v1/interactions", pageSize=100)
    assert whole["total"] == len(whole["entities"]) >= 5
    second = tracker.get("/api/v1/interactions", pageSize=2, pageNumber=2)
    assert second["entities"] == whole["entities"][2:4]
    assert (second["pageNumber"], second["pageSize"], second["total"]) == (2, 2, whole["total"])


def test_a_stuck_and_a_bouncing_conversation_are_listed_and_alerted(tracker: Running) -> None:
    tracker.deliver(acd("stuck", "start", NOW_MS - 31_000))
    for visit in range(3):
        tracker.deliver(*(acd("bouncing", edge, NOW_MS + visit, "q", visit) for edge in ("start", "end")))

    def listed(state: str) -> set[str]:
        page = tracker.get("/api/v1/interactions", state=state, pageSize=100)
        return {entity["conversation_id"] for entity in page["entities"]}

    until(lambda: "stuck" in listed("stuck"), "the stuck conversation to be listed", 20)
    assert "bouncing" in listed("anomalous")
    assert tracker.get(HEALTH, conversationId="bouncing")["current_state"]["bounce_count"] == 2
    until(lambda: tracker.get("/api/v1/alerts", state="firing")["total"] >= 2, "both alerts to fire", 20)
    tracker.deliver(acd("stuck", "end", NOW_MS))
    until(lambda: tracker.get("/api/v1/alerts", state="resolved")["total"] >= 1, "the alert to end", 20)


def test_the_numbers_count_what_happened(tracker: Running) -> None:
    before = tracker.numbers()
    tracker.deliver(acd("number", "start", NOW_MS))
    tracker.deliver({})
    after = tracker.numbers()
    for outcome in ("accepted", "rejected"):
        name = f'tracker_events_total{{outcome="{outcome}"}}'
        assert after[name] == before[name] + 1
    assert after["tracker_delivery_seconds_count"] > before["tracker_delivery_seconds_count"]
    assert after["tracker_ready"] == 1


def test_what_is_refused_unread_is_counted_and_so_is_the_time_of_every_way_in(tracker: Running) -> None:
    before = tracker.numbers()
    kind = {"content-type": "application/json"}
    assert tracker.client.post("/eventbridge", content=b"{}").status_code == 415
    chunked = iter([json.dumps(acd("chunked", "start", NOW_MS)).encode()])
    assert tracker.client.post("/eventbridge", content=chunked, headers=kind).status_code == 200
    after = tracker.numbers()
    for name in (
        'tracker_deliveries_refused_total{status="415"}',
        'tracker_events_total{outcome="rejected"}',
        "tracker_delivery_seconds_count",
    ):
        assert after[name] == before[name] + 1


LINE = b"POST /eventbridge HTTP/1.1\r\n"
HEADER = b"X-Padding: " + b"x" * 1000 + b"\r\n"


@pytest.mark.parametrize(
    "endless",
    [b"GET /" + b"x" * 4096, LINE + b"X-Padding: " + b"x" * 4096, LINE + HEADER],
    ids=["address", "one header", "many headers"],
)
def test_a_head_without_an_end_is_refused_before_it_fills_the_memory(tracker: Running, endless: bytes) -> None:
    address = httpx.URL(tracker.url)
    more = HEADER if endless.endswith(HEADER) else b"x" * 4096
    with socket.create_connection((address.host, address.port or 0), 10) as connection:
        connection.sendall(endless)
        sent = len(endless)
        with contextlib.suppress(ConnectionError):
            while sent < 20_000_000 and not select.select([connection], [], [], 0)[0]:
                connection.sendall(more)
                sent += len(more)
        with contextlib.suppress(ConnectionError):  # what it did not read any more may end the connection at once
            assert connection.recv(65536).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert sent < 20_000_000


def test_a_long_head_that_ends_is_refused_and_one_within_the_limit_is_not(tracker: Running) -> None:
    address = httpx.URL(tracker.url)
    for count, status in ((MOST_HEAD_BYTES // 1000 + 1, b"431"), (MOST_HEAD_BYTES // 2000, b"200")):
        with socket.create_connection((address.host, address.port or 0), 10) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n" + HEADER * count + b"\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 " + status)


def _request(event: dict[str, Any]) -> bytes:
    body = json.dumps(event).encode()
    head = f"POST /eventbridge HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


def test_requests_in_one_packet_are_answered_in_their_order(tracker: Running) -> None:
    address = httpx.URL(tracker.url)
    wanted = [_request(acd("pipe", "start", NOW_MS)), b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", _request({})]
    end = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection((address.host, address.port or 0), 10) as connection:
        connection.sendall(b"".join(wanted) + end)
        found = b"".join(iter(lambda: connection.recv(65536), b""))
    assert re.findall(rb"HTTP/1.1 (\d+) ", found) == [b"200", b"200", b"400", b"404"]


TOKENS = {"DELIVER": "deliver-s3cret", "SIGN": "sign-s3cret", "READ": "read-s3cret"}
# As they come from files that end with a new line.
MOUNTED = {name: f"{text}\n" for name, text in {**TOKENS, "SINK": "sink-s3cret", "TSDB": "tsdb-s3cret"}.items()}


def _sent(tracker: Running, body: bytes, **headers: str) -> int:
    given = {"content-type": "application/json", **{name.replace("_", "-"): text for name, text in headers.items()}}
    return tracker.client.post("/eventbridge", content=body, headers=given).status_code


def test_only_who_has_a_secret_delivers_and_reads(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    delivery = {"token_env": "DELIVER", "hmac_env": "SIGN", "sources": ["aws.partner/genesys.com/"]}
    body = json.dumps(acd("c", "start", NOW_MS)).encode()
    signature = "sha256=" + hmac.new(TOKENS["SIGN"].encode(), body, hashlib.sha256).hexdigest()
    so_far: list[str] = []

    def printed() -> str:
        so_far.extend(capfd.readouterr())
        return "".join(so_far)

    others: dict[str, Any] = {
        "alerts": [{"kind": "generic", "url": "http://127.0.0.1:9", "token_env": "SINK"}],
        "tsdb": {"url": "http://127.0.0.1:9", "org": "o", "bucket": "b", "token_env": "TSDB"},
    }
    with running(tmp_path, env=MOUNTED, delivery=delivery, read_token_env="READ", **others) as tracker:
        assert _sent(tracker, body) == 401
        assert _sent(tracker, body, authorization="Bearer read-s3cret") == 403
        assert _sent(tracker, body, x_signature="sha256=" + "0" * 64) == 403
        assert _sent(tracker, body + b" ", x_signature=signature) == 403
        assert _sent(tracker, b" " * 1_100_000, x_signature=signature) == 413
        assert _sent(tracker, body, content_type="text/plain") == 401
        assert _sent(tracker, body, x_signature=signature) == 200
        assert _sent(tracker, body, authorization="Bearer deliver-s3cret") == 200
        evil = json.dumps({**acd("c", "end", NOW_MS), "source": "evil"}).encode()
        assert _sent(tracker, evil, authorization="Bearer deliver-s3cret") == 400
        assert tracker.client.get("/api/v1/dead-letters").status_code == 401
        assert tracker.client.get("/metrics", headers={"authorization": "Bearer no"}).status_code == 403
        reader = {"authorization": "Bearer read-s3cret"}
        (letter,) = tracker.client.get("/api/v1/dead-letters", headers=reader).json()["entities"]
        assert letter["reason"] == "source: expected one that begins with aws.partner/genesys.com/, found 'evil'"
        assert tracker.client.get("/health").status_code == tracker.client.get("/ready").status_code == 200
        numbers = tracker.client.get("/metrics", headers=reader).text
        counts = dict(re.findall(r'deliveries_refused_total\{status="(\d+)"\} (\S+)', numbers))
        assert counts == {"401": "2.0", "403": "3.0", "413": "1.0", "415": "0.0"}
        stuck = acd("stuck", "start", NOW_MS - 400_000), acd("over", "start", NOW_MS), acd("over", "end", NOW_MS)
        assert _sent(tracker, json.dumps(stuck).encode(), authorization="Bearer deliver-s3cret") == 200
        until(lambda: "sink generic-" in printed() and "time series:" in printed(), "both to be in trouble", 20)
    assert "s3cret" not in printed()
    assert all(b"s3cret" not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_it_ends_in_order_while_deliveries_come(tmp_path: Path) -> None:
    with running(tmp_path, port=0) as tracker:
        kept: list[str] = []

        def deliver(number: int) -> None:
            if number == 150:
                tracker.process.send_signal(signal.SIGTERM)
            try:
                if tracker.deliver(acd(f"c-{number}", "start", NOW_MS)).status_code == 200:
                    kept.append(f"c-{number}")
            except httpx.TransportError:
                pass  # it is gone: nothing was acknowledged

        with ThreadPoolExecutor(8) as crowd:
            list(crowd.map(deliver, range(400)))
        assert tracker.process.wait(20) == 0
    assert len(kept) >= 100
    with running(tmp_path) as tracker:
        found = [tracker.client.get(HEALTH, params={"conversationId": name}).status_code for name in kept]
        assert set(found) == {200}
        assert tracker.get("/ready") == {"ready": True, "reason": ""}


def test_who_asks_again_after_a_rest_meets_no_reset(tracker: Running) -> None:
    assert answers_after_a_rest(f"{tracker.url}/health")
