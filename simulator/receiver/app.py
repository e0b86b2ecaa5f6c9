"""The receiver's HTTP surface: the store's write, the webhooks, and what reads back what came."""

import hmac
import json
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from harness.errors import BadInput
from harness.evidence import EvidenceWriter
from simulator.receiver.alerts import Kind, read_alerts
from simulator.receiver.lines import points
from simulator.receiver.shelf import Shelf

MOST_BYTES = 16 * 1024 * 1024
MOST_READ = 10_000
ANY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
Endpoint = Callable[[Request], Awaitable[Response]]


class TooLarge(Exception):
    """A body above 16 MiB."""


class Receiver:
    """The endpoints, around what is kept and the evidence."""

    def __init__(self, token: str, shelf: Shelf, evidence: EvidenceWriter) -> None:
        self._token = token
        self._shelf = shelf
        self._evidence = evidence

    async def write(self, request: Request) -> Response:
        """Points in line protocol, plain or gzip; all of them or none."""
        if not self._knows(request):
            return _influx_error(401, "unauthorized", "unauthorized access")
        try:
            text = (await _body(request)).decode("utf-8")
            found = points(text, request.query_params.get("precision", "ns"))
        except (BadInput, UnicodeDecodeError, zlib.error) as error:
            return _influx_error(400, "invalid", str(error))
        except TooLarge:
            return _influx_error(413, "request too large", f"at most {MOST_BYTES} bytes")
        self._shelf.keep(found)
        self._evidence.write("points.received", count=len(found))
        return Response(status_code=204)

    def sink(self, kind: Kind) -> Endpoint:
        """The webhook that takes alerts of `kind`."""

        async def alert(request: Request) -> Response:
            try:
                found = read_alerts(kind, json.loads(await _body(request)))
            except (BadInput, ValueError, zlib.error) as error:
                self._evidence.write("alert.malformed", sink=kind, reason=str(error))
                return JSONResponse({"error": str(error)}, 400)
            except TooLarge:
                return JSONResponse({"error": f"at most {MOST_BYTES} bytes"}, 413)
            for one in found:
                self._evidence.write("alert.received", sink=kind, **asdict(one))
            return _thanks(kind, found[0].key if found else None)

        return alert

    async def points(self, request: Request) -> Response:
        """The newest points, of one `conversation` or of all."""
        if not self._knows(request):
            return JSONResponse({"error": "unauthorized"}, 401)
        shown = self._shelf.points(request.query_params.get("conversation"), MOST_READ)
        return JSONResponse({"points": [point.as_json() for point in shown], "written": self._shelf.written})

    async def canary(self, request: Request) -> Response:
        """Anything that is sent to a canary: kept as it is, and answered as a good receiver would."""
        path = "/" + request.path_params["path"]
        try:
            body = await _body(request, raw=True)
        except TooLarge:
            return JSONResponse({"error": f"at most {MOST_BYTES} bytes"}, 413)
        self._shelf.arrived(request.path_params["id"], request.method, path, body)
        return Response(status_code=204) if path.endswith("/write") else JSONResponse({"accepted": 1})

    async def arrivals(self, request: Request) -> Response:
        """What arrived for one canary, in order."""
        if not self._knows(request):
            return JSONResponse({"error": "unauthorized"}, 401)
        return JSONResponse({"arrivals": [one.as_json() for one in self._shelf.arrivals(request.path_params["id"])]})

    def _knows(self, request: Request) -> bool:
        given = request.headers.get("authorization", "").partition(" ")[2]
        return hmac.compare_digest(given.encode(), self._token.encode())


def build(token: str, shelf: Shelf, evidence: EvidenceWriter) -> Starlette:
    """POST /api/v2/write; POST /alerts/{kind} and /alertmanager/api/v2/alerts; anything below /canary/{id}/;
    GET /points, /canary/{id}, /health."""
    receiver = Receiver(token, shelf, evidence)
    return Starlette(
        routes=[
            Route("/health", health),
            Route("/ping", ping),
            Route("/api/v2/write", receiver.write, methods=["POST"]),
            *(Route(f"/alerts/{kind}", receiver.sink(kind), methods=["POST"]) for kind in Kind),
            Route("/alertmanager/api/v2/alerts", receiver.sink(Kind.ALERTMANAGER), methods=["POST"]),
            Route("/points", receiver.points),
            Route("/canary/{id}", receiver.arrivals),
            Route("/canary/{id}/{path:path}", receiver.canary, methods=ANY),
        ]
    )


async def health(request: Request) -> Response:
    """As InfluxDB says it."""
    return JSONResponse({"name": "influxdb", "message": "ready for queries and writes", "status": "pass"})


async def ping(request: Request) -> Response:
    """As InfluxDB says it."""
    return Response(status_code=204)


def _thanks(kind: Kind, key: str | None) -> Response:
    """What the real one answers."""
    if kind is Kind.SLACK:
        return PlainTextResponse("ok")
    if kind is Kind.PAGERDUTY:
        return JSONResponse({"status": "success", "message": "Event processed", "dedup_key": key}, 202)
    return JSONResponse({} if kind is Kind.ALERTMANAGER else {"ok": True})


def _influx_error(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status)


async def _body(request: Request, raw: bool = False) -> bytes:
    """The body, unpacked unless `raw`."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > MOST_BYTES:
            raise TooLarge
    if raw or request.headers.get("content-encoding", "").lower() != "gzip":
        return bytes(found)
    unpacked = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(bytes(found), MOST_BYTES + 1)
    if len(unpacked) > MOST_BYTES:
        raise TooLarge
    return unpacked
