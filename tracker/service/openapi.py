"""The OpenAPI 3.1 description of the service: what `/openapi.json` answers, and what the tests hold the service to."""

from functools import cache
from typing import Any

from tracker.envelope import FIRST_MS, KINDS, LAST_MS, SIMPLE_KINDS
from tracker.service.query import LAST_PAGE, LONGEST_TEXT, MOST_ON_A_PAGE

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
MAYBE_TEXT: Json = {"type": ["string", "null"]}
COUNT: Json = {"type": "integer", "minimum": 0}
NUMBER: Json = {"type": "number"}
MAYBE_NUMBER: Json = {"type": ["number", "null"]}
FLAG: Json = {"type": "boolean"}
INSTANT: Json = {"type": "string", "format": "date-time"}
MAYBE_INSTANT: Json = {"type": ["string", "null"], "format": "date-time"}
QUEUE: Json = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT}
ASKED_NAME: Json = {"type": "string", "minLength": 1, "maxLength": LONGEST_TEXT, "pattern": r"^[^\x00]+$"}

DELIVERED = ("200", "400", "401", "403", "413", "415", "503")
EXAMPLE: Json = {
    "version": "0",
    "id": "6efd5506-0000-0000-0000-000000000000",
    "detail-type": "v2.detail.events.conversation.{id}.acd.start",
    "source": "aws.partner/genesys.com/cloud/00000000-0000-0000-0000-000000000000/my-suffix",
    "time": "2026-03-19T22:04:48Z",
    "detail": {
        "topicName": "v2.detail.events.conversation.c-1.acd.start",
        "version": "2",
        "eventBody": {
            "eventTime": 1773957888128,
            "conversationId": "c-1",
            "participantId": "p-1",
            "queueId": "billing",
        },
        "timestamp": "2026-03-19T22:04:48.128Z",
    },
}


@cache
def document() -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Interaction tracker",
            "version": "1",
            "description": "Follows each interaction through its queues, and says when one is stuck or bounces.",
        },
        "paths": {
            "/eventbridge": {"post": _delivery()},
            "/health": {"get": _get("Whether the process lives", {"200": _json("It does", _object(status=TEXT))})},
            "/ready": {"get": _get("Whether deliveries are taken", _readiness())},
            "/metrics": {"get": _numbers()},
            "/openapi.json": {"get": _get("This description", {"200": _json("It", {"type": "object"})})},
            "/api/v1/interactions/health": {"get": _health()},
            "/api/v1/interactions": {"get": _listing("Interactions in memory", "Interaction", _STATES)},
            "/api/v1/queues/{queue}/dwell": {"get": _dwell()},
            "/api/v1/alerts": {"get": _listing("Alerts", "Alert", _ALERT_STATES)},
            "/api/v1/dead-letters": {"get": _listing("Deliveries that could not be used", "DeadLetter")},
        },
        "components": {"schemas": _schemas(), "securitySchemes": _SECURITY},
    }


_SECURITY: Json = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Signature",
        "description": "sha256= and the HMAC-SHA256 of the body in hexadecimal, if the tracker is set up for it",
    },
}
_STATES: Json = {"type": "string", "enum": ["open", "stuck", "anomalous"], "default": "open"}
_ALERT_STATES: Json = {"type": "string", "enum": ["firing", "resolved"], "default": "firing"}


def _object(**properties: Json) -> Json:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(of: Json) -> Json:
    return {"type": "array", "items": of}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(description: str, schema: Json) -> Json:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _errors(*statuses: str) -> Json:
    words = {
        "400": "The request is wrong",
        "401": "No token",
        "403": "The wrong token",
        "404": "Unknown",
        "413": "Too large",
        "415": "Not JSON by its content type",
        "503": "The store does not work, or not yet: ask again",
    }
    return {status: _json(words[status], _ref("Error")) for status in statuses}


def _get(summary: str, responses: Json, *parameters: Json) -> Json:
    found: Json = {"summary": summary, "responses": {**responses, **_errors("400")}}
    return {**found, "parameters": list(parameters)} if parameters else found


def _read(summary: str, responses: Json, *parameters: Json) -> Json:
    guarded = _get(summary, {**responses, **_errors("401", "403", "503")}, *parameters)
    return {**guarded, "security": [{}, {"bearer": []}]}


def _query(name: str, schema: Json, required: bool = False) -> Json:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _delivery() -> Json:
    event = _ref("Event")
    batch: Json = {"type": "array", "items": event, "minItems": 1}
    schema: Json = {"anyOf": [event, batch, _object(events=batch)]}
    either: Json = {"application/json": {"schema": schema, "example": EXAMPLE}}
    either["application/cloudevents+json"] = either["application/json"]
    bad = {"anyOf": [_ref("Delivered"), _ref("Error")]}
    return {
        "summary": "Take a delivery of Amazon EventBridge: one event, an array, or {events: [...]}; either dialect",
        "description": "200 once every usable event would survive the death of the process; what is not usable is kept "
        "as a dead letter. 400 if nothing was usable: delivering it again would not help.",
        "requestBody": {"required": True, "content": either},
        "responses": {
            "200": _json("Kept", _ref("Delivered")),
            **_errors(*DELIVERED[1:]),
            "400": _json("Nothing usable", bad),
        },
        "security": [{}, {"bearer": []}, {"signature": []}],
    }


def _readiness() -> Json:
    schema = _object(ready=FLAG, reason=TEXT)
    return {"200": _json("They are", schema), "503": _json("Not yet, or no longer", schema)}


def _numbers() -> Json:
    text = {"description": "Prometheus' text format", "content": {"text/plain": {"schema": TEXT}}}
    return _read("Numbers for Prometheus", {"200": text})


def _health() -> Json:
    conversation = _query("conversationId", ASKED_NAME, required=True)
    answers = {"200": _json("All of one version", _ref("Health")), **_errors("404")}
    return _read("What the tracker knows of one conversation", answers, conversation)


def _dwell() -> Json:
    queue = {"name": "queue", "in": "path", "required": True, "schema": QUEUE}
    return _read(
        "How long conversations stayed in a queue, of the visits that ended since the tracker started",
        {"200": _json("Percentiles", _ref("Dwell"))},
        queue,
    )


def _listing(summary: str, entity: str, states: Json | None = None) -> Json:
    size = _query("pageSize", {"type": "integer", "minimum": 1, "maximum": MOST_ON_A_PAGE, "default": 25})
    number = _query("pageNumber", {"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1})
    chosen = [_query("state", states)] if states else []
    page = _object(entities=_list(_ref(entity)), pageNumber=COUNT, pageSize=COUNT, total=COUNT)
    return _read(summary, {"200": _json("One page", page)}, *chosen, size, number)


def _schemas() -> Json:
    summary = {
        "conversation_id": TEXT,
        "version": COUNT,
        "queue_id": MAYBE_TEXT,
        "entered": MAYBE_INSTANT,
        "bounce_count": COUNT,
        "is_stuck": FLAG,
        "is_anomalous": FLAG,
        "open": FLAG,
        "last_updated": INSTANT,
    }
    step: Json = {"type": "string", "enum": ["enter", "exit"]}
    return {
        **_event_schemas(),
        "Error": _object(error=_object(what=TEXT, expected=TEXT, found=TEXT)),
        "Delivered": _object(accepted=COUNT, duplicates=COUNT, unsupported=COUNT, rejected=COUNT),
        "Transition": _object(type=step, queue_id=TEXT, participant_id=MAYBE_TEXT, timestamp=INSTANT),
        "Visit": _object(
            queue_id=TEXT,
            participant_id=MAYBE_TEXT,
            entered=MAYBE_INSTANT,
            left=MAYBE_INSTANT,
            dwell_seconds=MAYBE_NUMBER,
            outcome=MAYBE_TEXT,
        ),
        "State": _object(
            queue_id=MAYBE_TEXT,
            entered=MAYBE_INSTANT,
            bounce_count=COUNT,
            bounce_ratio=NUMBER,
            transitions=_list(_ref("Transition")),
            visits=_list(_ref("Visit")),
            is_stuck=FLAG,
            is_anomalous=FLAG,
            open=FLAG,
            finished=MAYBE_INSTANT,
            phantoms=_list(TEXT),
        ),
        "Health": _object(
            conversation_id=TEXT,
            version=COUNT,
            current_state=_ref("State"),
            participants=_list({"type": "object"}),
            enrichment=_object(ok=FLAG, reason=TEXT),
            last_updated=INSTANT,
        ),
        "Interaction": _object(**summary),
        "Dwell": _object(p50_seconds=MAYBE_NUMBER, p95_seconds=MAYBE_NUMBER, p99_seconds=MAYBE_NUMBER, count=COUNT),
        "Alert": _object(
            key=TEXT,
            kind=TEXT,
            conversation_id=TEXT,
            queue_id=TEXT,
            state={"type": "string", "enum": ["firing", "resolved"]},
            since=INSTANT,
            ended=MAYBE_INSTANT,
            value=NUMBER,
            limit=NUMBER,
            notices=COUNT,
        ),
        "DeadLetter": _object(number=COUNT, at=INSTANT, reason=TEXT, raw=TEXT),
    }


NAME: Json = {"type": "string", "pattern": "^[ -~]{1,256}$"}
MAYBE_NAME: Json = {"anyOf": [NAME, {"type": "null"}]}


def _event_schemas() -> Json:
    kinds = "|".join(sorted(name.replace(".", "\\.") for name in KINDS))
    time: Json = {"anyOf": [{"type": "integer", "minimum": FIRST_MS, "maximum": LAST_MS - 1}, AT]}
    body = {
        "conversationId": NAME,
        "eventTime": time,
        "queueId": NAME,
        "participantId": MAYBE_NAME,
        "userId": MAYBE_NAME,
        "answeredUserId": MAYBE_NAME,
        "acdOutcome": MAYBE_NAME,
        "disconnectType": MAYBE_NAME,
    }
    simple = {
        "eventType": {"type": "string", "enum": sorted(SIMPLE_KINDS)},
        "conversationId": NAME,
        "routingQueueId": NAME,
        "participantId": MAYBE_NAME,
        "timestamp": time,
    }
    topic: Json = {"type": "string", "pattern": f"^v2\\.detail\\.events\\.conversation\\.[^.]+\\.({kinds})$"}
    return {
        "Event": {"anyOf": [_ref("RealEvent"), _ref("SimpleEvent")]},
        "RealEvent": _open(
            ["detail-type", "detail"],
            **{
                "id": MAYBE_NAME,
                "source": NAME,
                "detail-type": topic,
                "detail": _open(["eventBody"], eventBody=_open(["conversationId", "eventTime", "queueId"], **body)),
            },
        ),
        "SimpleEvent": _open(["detail"], id=MAYBE_NAME, source=NAME, detail=_object(**simple)),
    }


AT: Json = {"type": "string", "pattern": "^20[0-9]{2}-0[1-9]-0[1-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?Z$"}


def _open(required: list[str], **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": required}
