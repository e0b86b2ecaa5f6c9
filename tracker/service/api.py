"""Everything over HTTP but the short way in: questions, numbers, and the deliveries that are not the plain case."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tracker.ledger.ledger import State
from tracker.service.access import SIGNATURE, Access, Refusal
from tracker.service.answers import body_of, error
from tracker.service.door import JSON_TYPES, MOST_BYTES
from tracker.service.openapi import document
from tracker.service.query import LONGEST_TEXT, Query, Refused, wrong
from tracker.service.shapes import entity, health
from tracker.service.tracker import Tracker
from tracker.store import StoreFailed

JSON = "application/json"
STATES: tuple[State, ...] = get_args(State)
ALERT_STATES = ("firing", "resolved")
Endpoint = Callable[[Request], Awaitable[Response]]


class Api:
    """The endpoints of one tracker."""

    def __init__(self, tracker: Tracker, access: Access) -> None:
        self._tracker = tracker
        self._access = access

    def app(self) -> Starlette:
        """The ASGI application."""
        read = self._for_readers
        routes = [
            Route("/eventbridge", self._deliver, methods=["POST"]),
            _get("/health", self._alive),
            _get("/ready", self._ready),
            _get("/openapi.json", self._described),
            _get("/metrics", read(self._numbers)),
            _get("/api/v1/interactions/health", read(self._health)),
            _get("/api/v1/interactions", read(self._interactions)),
            _get("/api/v1/queues/{queue}/dwell", read(self._dwell)),
            _get("/api/v1/alerts", read(self._alerts)),
            _get("/api/v1/dead-letters", read(self._dead_letters)),
        ]
        app = Starlette(routes=routes, exception_handlers=HANDLERS)
        app.router.redirect_slashes = False
        return app

    async def _deliver(self, request: Request) -> Response:
        began = time.perf_counter()
        try:
            body = await self._admitted(request)
        except Refused as refused:
            self._tracker.gauges.refused(refused.refusal.status)
            raise
        answer = await self._tracker.intake.taken(body)
        self._tracker.gauges.latency.observe(time.perf_counter() - began)
        return Response(body_of(answer), answer.status, media_type=JSON)

    async def _admitted(self, request: Request) -> bytes:
        """The body of a delivery that may be taken. What an admitted sender sends in vain is kept as a dead letter."""
        if not self._access.signed:
            self._admit(request, b"")
        body = await _body(request)
        if len(body) > MOST_BYTES:
            refusal = Refusal(413, "body", f"at most {MOST_BYTES} bytes", "more")
            if self._access.delivers(_authorization(request)):  # a signature is of the whole body
                await self._keep(body, refusal)
            raise Refused(refusal)
        self._admit(request, body)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower().encode()
        if kind not in JSON_TYPES:
            expected = " or ".join(known.decode() for known in JSON_TYPES)
            refusal = Refusal(415, "header Content-Type", expected, kind.decode()[:LONGEST_TEXT] or "nothing")
            await self._keep(body, refusal)
            raise Refused(refusal)
        return body

    async def _keep(self, body: bytes, refusal: Refusal) -> None:
        if not self._tracker.unready:
            await self._tracker.intake.refuse(
                body, f"{refusal.what}: expected {refusal.expected}, found {refusal.found}"
            )

    def _admit(self, request: Request, body: bytes) -> None:
        signature = request.headers.get(SIGNATURE, "").encode("latin-1")
        if refusal := self._access.delivery(_authorization(request), signature, body):
            raise Refused(refusal)

    def _for_readers(self, endpoint: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Response:
            if refusal := self._access.reading(_authorization(request)):
                raise Refused(refusal)
            return await endpoint(request)

        return guarded

    async def _alive(self, request: Request) -> Response:
        Query(request.query_params)
        return _json({"status": "alive"})

    async def _ready(self, request: Request) -> Response:
        Query(request.query_params)
        reason = self._tracker.unready
        return _json({"ready": not reason, "reason": reason}, 503 if reason else 200)

    async def _described(self, request: Request) -> Response:
        Query(request.query_params)
        return _json(document())

    async def _numbers(self, request: Request) -> Response:
        Query(request.query_params)
        return Response(await self._tracker.gauges.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def _health(self, request: Request) -> Response:
        conversation = Query(request.query_params, "conversationId").text("conversationId")
        found = await self._tracker.interaction(conversation)
        if found is None:
            raise Refused(Refusal(404, "conversation", "one that the tracker has heard of", conversation))
        enrichment = await self._tracker.enrichment(conversation)
        return _json(health(found, {"ok": enrichment.ok, "reason": enrichment.reason}, enrichment.participants))

    async def _interactions(self, request: Request) -> Response:
        query = Query(request.query_params, "state", "pageSize", "pageNumber")
        state = query.choice("state", STATES)
        size, number = query.page()
        found, total = self._tracker.listing(state, (number - 1) * size, size)
        return _page([entity(one) for one in found], size, number, total)

    async def _dwell(self, request: Request) -> Response:
        Query(request.query_params)
        queue = request.path_params["queue"]
        if len(queue) > LONGEST_TEXT:
            raise wrong("queue", f"a text of at most {LONGEST_TEXT} characters", queue)
        return _json(self._tracker.dwell(queue))

    async def _alerts(self, request: Request) -> Response:
        query = Query(request.query_params, "state", "pageSize", "pageNumber")
        state = query.choice("state", ALERT_STATES)
        size, number = query.page()
        found, total = await self._tracker.alerts_of(state == "firing", size, number)
        return _page(found, size, number, total)

    async def _dead_letters(self, request: Request) -> Response:
        size, number = Query(request.query_params, "pageSize", "pageNumber").page()
        found, total = await self._tracker.dead_letters((number - 1) * size, size)
        return _page(found, size, number, total)


def _get(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET"])


def _authorization(request: Request) -> bytes:
    return request.headers.get("authorization", "").encode("latin-1")


async def _body(request: Request) -> bytes:
    """The body; of one that is too large what came of it until that was seen."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            break
    return bytes(found)


def _json(found: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(found), status, media_type=JSON)


def _page(entities: list[dict[str, Any]], size: int, number: int, total: int) -> Response:
    return _json({"entities": entities, "pageNumber": number, "pageSize": size, "total": total})


async def _refused(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)  # noqa: S101 - how Starlette calls it
    refusal = refused.refusal
    headers = {"WWW-Authenticate": "Bearer"} if refusal.status == 401 else {}
    if refusal.status == 413:
        headers["Connection"] = "close"
    found = error(refusal.what, refusal.expected, refusal.found)
    return Response(found, refusal.status, headers, media_type=JSON)


async def _no_such_thing(request: Request, raised: Exception) -> Response:
    assert isinstance(raised, HTTPException)  # noqa: S101 - how Starlette calls it
    if raised.status_code == 405:
        allowed = (raised.headers or {}).get("Allow", "")
        found = error("method", allowed, request.method)
    else:
        found = error("path", "one of those in /openapi.json", request.url.path)
    return Response(found, raised.status_code, raised.headers, media_type=JSON)


async def _store_failed(_: Request, raised: Exception) -> Response:
    found = error("store", "an answer", str(raised))
    return Response(found, 503, {"Retry-After": "1"}, media_type=JSON)


HANDLERS = {Refused: _refused, HTTPException: _no_such_thing, StoreFailed: _store_failed}
