"""The widely copied tutorial's tracker, word for word: events of queues in, one map under one lock, all in memory.

What it gets wrong is left wrong. It acknowledges what no disk has seen, drops an exit that comes before its enter,
counts an entry into the queue that was entered last as a bounce, writes to the time-series store under its lock, prints
its alerts, and enriches its answers page by page with a token that it asked for once.
"""

import os
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from json import JSONDecodeError
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

ENTER, EXIT = (f"routing:conversation:queue:member:{what}" for what in ("enter", "exit"))
MAX_BOUNCES = int(os.environ.get("MAX_BOUNCES", "3"))
MAX_DWELL_S = float(os.environ.get("MAX_DWELL_SECONDS", "300"))
NO_TIME = "0001-01-01T00:00:00Z"


@dataclass
class State:
    """One conversation."""

    participant: str
    queue: str = ""
    enter_time: datetime | None = None
    exit_time: datetime | None = None
    bounces: int = 0
    transitions: list[dict[str, str]] = field(default_factory=list)


lock = threading.Lock()
states: dict[str, State] = {}
http = httpx.Client(trust_env=False, timeout=30.0)
token: tuple[str, float] | None = None


async def eventbridge(request: Request) -> Response:
    """POST /eventbridge"""
    try:
        payload = await request.json()
        detail = payload.get("detail") or {}
        kind = detail.get("eventType")
    except (JSONDecodeError, UnicodeDecodeError, AttributeError):
        return PlainTextResponse("Invalid JSON payload", 400)
    if kind not in (ENTER, EXIT):
        return Response(status_code=200)
    try:
        moment = datetime.fromisoformat(str(detail.get("timestamp")))
    except ValueError:
        return PlainTextResponse("Invalid timestamp format", 400)
    if moment.tzinfo is None or not all(isinstance(detail.get(k, ""), str) for k in FIELDS):
        return PlainTextResponse("Invalid JSON payload", 400)
    await run_in_threadpool(process, detail, moment)
    return Response(status_code=200)


FIELDS = ("conversationId", "routingQueueId", "participantId")


def process(detail: dict[str, Any], moment: datetime) -> None:
    """One event, as it comes."""
    conversation, queue, participant = (detail.get(key, "") for key in ("conversationId", *FIELDS[1:]))
    with lock:
        state = states.setdefault(conversation, State(participant))
        record = {"EventType": detail["eventType"], "QueueID": queue, "Timestamp": moment.isoformat()}
        state.transitions.append(record)
        if detail["eventType"] == ENTER:
            if state.queue == queue:
                state.bounces += 1
            state.queue, state.enter_time = queue, moment
        elif state.enter_time is not None:
            state.exit_time = moment
            measure(conversation, state, state.enter_time, moment)


def measure(conversation: str, state: State, entered: datetime, left: datetime) -> None:
    """One stay: an alert on standard output, and a point."""
    dwell_s = (left - entered).total_seconds()
    anomalous = state.bounces > MAX_BOUNCES
    if dwell_s > MAX_DWELL_S or anomalous:
        print("ALERT:", conversation, state.queue, dwell_s, state.bounces, flush=True)
    tags = f"conversation_id={conversation},queue_id={state.queue},status={'anomalous' if anomalous else 'normal'}"
    point = (
        f"interaction_state,{tags} dwell_seconds={dwell_s},bounce_count={state.bounces}i {int(left.timestamp() * 1e9)}"
    )
    where = {"org": os.environ["INFLUX_ORG"], "bucket": os.environ["INFLUX_BUCKET"]}
    headers = {"Authorization": f"Token {os.environ['INFLUX_TOKEN']}"}
    try:
        url = f"{os.environ['INFLUX_URL']}/api/v2/write"
        http.post(url, params=where, content=point, headers=headers).raise_for_status()
    except httpx.HTTPError as error:
        print("TSDB write failed for", conversation, error, flush=True)


def health(request: Request) -> Response:
    """GET /api/v1/interactions/health?conversationId="""
    conversation = request.query_params.get("conversationId", "")
    if not conversation:
        return PlainTextResponse("Missing conversationId parameter", 400)
    with lock:
        state = states.get(conversation)
    if state is None:
        return PlainTextResponse("Conversation not found in state machine", 404)
    try:
        bearer = access_token()
    except httpx.HTTPError:
        return PlainTextResponse("Authentication failed", 401)
    try:
        people = participants(conversation, bearer)
    except httpx.HTTPError as error:
        return PlainTextResponse(f"Failed to fetch participants: {error}", 502)
    shown = {
        "queue_id": state.queue,
        "bounce_count": state.bounces,
        "transitions": state.transitions,
        "is_anomalous": state.bounces > MAX_BOUNCES,
    }
    answer = {"conversation_id": conversation, "current_state": shown, "participants": people}
    return JSONResponse({**answer, "last_updated": datetime.now(UTC).isoformat()})


def access_token() -> str:
    """The token, from memory until a minute before its end."""
    global token
    if token is None or time.time() >= token[1]:
        url = f"{os.environ['CLOUD_LOGIN_URL']}/api/v2/oauth/token"
        found = http.post(url, data={"grant_type": "password"}).raise_for_status().json()
        token = found["access_token"], time.time() + found["expires_in"] - 60
    return token[0]


def participants(conversation: str, bearer: str) -> list[Any]:
    """All pages, a 429 tried again."""
    found: list[Any] = []
    page = 1
    while True:
        url = f"{os.environ['CLOUD_API_URL']}/api/v2/conversations/{conversation}/participants"
        answer = http.get(
            url, params={"page": page, "page_size": 100}, headers={"Authorization": f"Bearer {bearer}"}
        ).json()
        found += answer.get("entities") or []
        if page >= answer.get("page_count", 0):
            return found
        page += 1


def alive(request: Request) -> Response:
    """GET /health"""
    return PlainTextResponse("OK")


app = Starlette(
    routes=[
        Route("/eventbridge", eventbridge, methods=["POST"]),
        Route("/api/v1/interactions/health", health),
        Route("/health", alive),
    ]
)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning")
