"""The enrichment brings all participants, or the reason why not, in time and without an exception."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from tests.simulator.cloud.conftest import CLIENT_ID, CLIENT_SECRET, CloudProcess, StartCloud
from tests.tracker.recording import Received, Reply, recording
from tracker.diagnostics.enricher import Enricher, Enrichment
from tracker.given import Secret
from tracker.settings import Cloud

T = TypeVar("T")
TOKEN = Reply(200, {"access_token": "t", "expires_in": 3600})


def asking(cloud: Cloud, question: Callable[[Enricher], Awaitable[T]], **options: object) -> T:
    async def run() -> T:
        enricher = Enricher(cloud, **options)  # type: ignore[arg-type]
        await enricher.start()
        try:
            return await question(enricher)
        finally:
            await enricher.stop()

    return asyncio.run(run())


def at(url: str, dialect: str = "genesys", secret: str = CLIENT_SECRET) -> Cloud:
    return Cloud(url, url, CLIENT_ID, Secret(secret), dialect)


def real(cloud: CloudProcess, dialect: str) -> Cloud:
    return at(cloud.api if dialect == "genesys" else f"{cloud.api}/legacy", dialect)


def paged(pages: int) -> Callable[[Received], Reply]:
    def answer(request: Received) -> Reply:
        if request.method == "POST":
            return TOKEN
        number = int(request.path.split("page=")[1].split("&")[0])
        return Reply(200, {"entities": [{"id": f"p-{number}"}], "page_count": pages})

    return answer


@pytest.mark.world
@pytest.mark.parametrize("dialect", ["genesys", "seed"])
def test_a_real_cloud_is_asked_with_one_token_for_all_its_participants(start_cloud: StartCloud, dialect: str) -> None:
    cloud = start_cloud()
    placed = str(cloud.control("place_call")["conversationId"])

    async def question(enricher: Enricher) -> list[Enrichment]:
        found = await asyncio.gather(*(enricher.enrich(placed) for _ in range(10)))
        assert enricher.asked.tokens == 1
        return [*found, await enricher.enrich("no-such-conversation")]

    *found, unknown = asking(real(cloud, dialect), question)
    participants = cloud.service().get(f"/api/v2/conversations/{placed}").json()["participants"]
    assert [[one["id"] for one in enrichment.participants] for enrichment in found] == [
        [one["id"] for one in participants]
    ] * 10
    assert unknown == Enrichment(False, reason="the cloud does not know this conversation")


@pytest.mark.world
def test_a_token_that_expired_unnoticed_is_replaced_once_and_the_question_asked_again(start_cloud: StartCloud) -> None:
    cloud = start_cloud(token_seconds=10)  # half a second in this cloud's time
    placed = str(cloud.control("place_call")["conversationId"])

    async def question(enricher: Enricher) -> list[bool]:
        first = await enricher.enrich(placed)
        await asyncio.sleep(0.7)  # waits: for the token's end
        second = await enricher.enrich(placed)
        assert enricher.asked.tokens == 2
        return [first.ok, second.ok]

    assert asking(real(cloud, "genesys"), question, clock=lambda: 0.0) == [True, True]


def test_all_pages_are_read() -> None:
    with recording(paged(7)) as cloud:
        found = asking(at(cloud.url, "seed"), lambda enricher: enricher.enrich("c/1 ?"))
        assert [one["id"] for one in found.participants] == [f"p-{number}" for number in range(1, 8)]
        assert cloud.received[1].path == "/api/v2/conversations/c%2F1%20%3F/participants?page=1&page_size=100"


def test_a_429_is_waited_out_within_the_deadline() -> None:
    answers = iter([TOKEN, Reply(429, headers={"Retry-After": "1"}), Reply(200, {"participants": [{"id": "p"}]})])
    with recording(lambda _: next(answers)) as cloud:
        began = time.monotonic()
        found = asking(at(cloud.url), lambda enricher: enricher.enrich("c"))
        assert found == Enrichment(True, ({"id": "p"},))
        assert time.monotonic() - began >= 1.0


def test_a_429_beyond_the_deadline_is_told_at_once() -> None:
    answers = iter([TOKEN, Reply(429, headers={"Retry-After": "30"})])
    with recording(lambda _: next(answers)) as cloud:
        began = time.monotonic()
        found = asking(at(cloud.url), lambda enricher: enricher.enrich("c"), deadline_s=20)
        assert found == Enrichment(False, reason="the cloud asks to be left alone for 30 s")
        assert time.monotonic() - began < 10


def test_a_cloud_that_hangs_costs_the_deadline_and_no_more() -> None:
    hang = threading.Event()

    def hanging(_: Received) -> Reply:
        hang.wait(10)
        return TOKEN

    with recording(hanging) as cloud:
        try:
            began = time.monotonic()
            found = asking(at(cloud.url), lambda enricher: enricher.enrich("c"), deadline_s=0.3)
            assert found == Enrichment(False, reason="the cloud did not answer within 0.3 s")
            assert time.monotonic() - began < 8
        finally:
            hang.set()


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"participants": 3}, 200, "the cloud answered participants that are no list of objects"),
        ({"participants": [3]}, 200, "the cloud answered participants that are no list of objects"),
        ({}, 200, "KeyError: 'participants'"),
        ([], 200, "the cloud answered no object to /api/v2/conversations/c"),
        ({}, 500, "the cloud answered 500 to /api/v2/conversations/c"),
        ({}, 401, "the cloud answered 401 to /api/v2/conversations/c"),
    ],
)
def test_whatever_the_cloud_answers_is_a_reason(body: object, status: int, reason: str) -> None:
    with recording(lambda request: TOKEN if request.method == "POST" else Reply(status, body)) as cloud:
        assert asking(at(cloud.url), lambda enricher: enricher.enrich("c")) == Enrichment(False, reason=reason)
        assert len(cloud.received) == (4 if status == 401 else 2)


@pytest.mark.parametrize(
    "text",
    [
        '{"participants": [{"name": "\\ud83d"}]}',
        '{"participants": [' + '{"a":' * 300 + "1" + "}" * 300 + "]}",
        '{"participants": ' + "[" * 100_000,
        '{"entities": [], "page_count": 1e999}',
    ],
    ids=["half a character", "deeper than can be said", "deeper than can be read", "a number beyond all numbers"],
)
def test_what_cannot_be_passed_on_is_a_reason_and_the_breaker_closes_again(text: str) -> None:
    now = [0.0]

    async def question(enricher: Enricher) -> list[bool]:
        for now[0] in (0.0,) * 5 + (20.0,):
            assert not (await enricher.enrich("c")).ok
        sent[0] = '{"participants": [], "entities": [], "page_count": 1}'
        now[0] = 40.0
        return [(await enricher.enrich("c")).ok for _ in range(2)]

    sent = [text]
    with recording(lambda request: TOKEN if request.method == "POST" else Reply(200, text=sent[0])) as cloud:
        dialect = "seed" if "entities" in text else "genesys"
        assert asking(at(cloud.url, dialect), question, clock=lambda: now[0]) == [True, True]


def test_a_cloud_that_is_not_there_is_left_alone_after_some_failures() -> None:
    async def question(enricher: Enricher) -> list[str]:
        return [(await enricher.enrich("c")).reason for _ in range(7)]

    reasons = asking(at("http://127.0.0.1:9"), question)
    assert all("ConnectError" in reason for reason in reasons[:5])
    assert all(reason.startswith("the cloud failed too often; it is asked again in ") for reason in reasons[5:])


def test_no_reason_shows_the_secret() -> None:
    with recording(lambda _: Reply(401, {"error": "invalid_client"})) as cloud:
        found = asking(at(cloud.url, "seed", "s3cret-value"), lambda enricher: enricher.enrich("c"))
    assert found == Enrichment(False, reason="the cloud answered 401 to /api/v2/oauth/token")
