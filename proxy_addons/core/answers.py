"""What the wire says in the cloud's place, in the cloud's own shapes."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from mitmproxy import http

CODES = {
    401: ("bad.credentials", "Invalid login credentials."),
    429: ("too.many.requests", "Rate limit exceeded the maximum. Retry the request in [%s] seconds"),
    500: ("internal.server.error", "The server encountered an unexpected condition."),
    502: ("bad.gateway", "The upstream server gave an invalid answer."),
    503: ("service.unavailable", "Service Unavailable - The server is currently unavailable."),
    504: ("gateway.timeout", "The request timed out."),
}


def error_answer(status: int, parameter: str = "", headers: Mapping[str, str] | None = None) -> http.Response:
    """An `ErrorBody` with its `contextId`, which is in the header `ININ-Correlation-Id`, too."""
    context = str(uuid.uuid4())
    code, message = CODES.get(status, (f"http.{status}", f"The request was answered with {status}."))
    body = {
        "message": message.replace("%s", parameter),
        "code": code,
        "status": status,
        "messageWithParams": message,
        "messageParams": {},
        "contextId": context,
        "details": [],
        "errors": [],
    }
    return json_answer(status, body, {"ININ-Correlation-Id": context, **(headers or {})})


def json_answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> http.Response:
    """Any JSON answer."""
    return http.Response.make(status, json.dumps(body), {"Content-Type": "application/json", **(headers or {})})


def system_message(topic: str, channel: str, body: Mapping[str, Any]) -> str:
    """A system topic as it arrives on a notification socket, e.g. `v2.system.socket_closing`."""
    event = {"channelId": channel, **body}
    envelope = {"topicName": topic, "version": "2", "eventBody": event}
    return json.dumps({**envelope, "metadata": {"CorrelationId": str(uuid.uuid4())}})
