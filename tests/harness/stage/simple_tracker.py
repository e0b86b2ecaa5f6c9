"""A tracker that somebody else wrote: one thread a request, a lock, no token, the simplified dialect, all in memory.

It listens on $PORT, follows the events of queues, and posts an alert on exit from a stay above $MAX_DWELL_SECONDS.
"""

import json
import os
import threading
import urllib.request
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MEMBER = "routing:conversation:queue:member:"
MAX_DWELL = float(os.environ.get("MAX_DWELL_SECONDS", "300"))
MAX_BOUNCES = int(os.environ.get("MAX_BOUNCES", "3"))

lock = threading.Lock()
states: dict[str, dict[str, Any]] = {}


def follow(detail: dict[str, Any]) -> None:
    """Take one event as it comes."""
    moment = datetime.fromisoformat(detail["timestamp"])
    with lock:
        state = states.setdefault(detail["conversationId"], {"queue": "", "bounces": 0, "since": None, "all": []})
        state["all"].append(
            {"EventType": detail["eventType"], "QueueID": detail["routingQueueId"], "Timestamp": detail["timestamp"]}
        )
        if detail["eventType"].endswith("enter"):
            state["bounces"] += state["queue"] == detail["routingQueueId"]
            state["queue"], state["since"] = detail["routingQueueId"], moment
        elif state["since"] is not None and (moment - state["since"]).total_seconds() > MAX_DWELL:
            alert(detail["conversationId"], state)


def alert(conversation: str, state: dict[str, Any]) -> None:
    """Say that a stay took too long."""
    words = {"alert_type": "interaction_stuck", "conversation_id": conversation, "queue_id": state["queue"]}
    body = json.dumps(words).encode()
    urllib.request.urlopen(urllib.request.Request(os.environ["ALERT_URL"], body, method="POST")).close()  # noqa: S310


class Handler(BaseHTTPRequestHandler):
    """POST /eventbridge, GET /health and the health query."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        try:
            detail = json.loads(body)["detail"]
            if detail.get("eventType") in (f"{MEMBER}enter", f"{MEMBER}exit"):
                follow(detail)
        except (ValueError, KeyError, TypeError):
            self.answer(400, {"error": "Invalid JSON payload"})
            return
        self.answer(200, {})

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/health":
            self.answer(200, {})
            return
        wanted = parse_qs(parts.query).get("conversationId", [""])[0]
        with lock:
            state = states.get(wanted)
            if parts.path != "/api/v1/interactions/health" or state is None:
                self.answer(404, {"error": "not found"})
                return
            shown = {
                "queue_id": state["queue"],
                "bounce_count": state["bounces"],
                "transitions": list(state["all"]),
                "is_anomalous": state["bounces"] > MAX_BOUNCES,
            }
        self.answer(200, {"conversation_id": wanted, "current_state": shown, "participants": []})

    def answer(self, status: int, found: dict[str, Any]) -> None:
        """One answer in JSON."""
        body = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler)
    server.daemon_threads = True
    server.serve_forever()
