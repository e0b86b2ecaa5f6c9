"""Real tracker processes for tests, ended by their handle, and deliveries as Genesys makes them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
SOURCE = "aws.partner/genesys.com/cloud/00000000-0000-0000-0000-000000000000/test"


@dataclass(frozen=True)
class Running:
    """One tracker; `client` speaks to it."""

    process: "subprocess.Popen[str]"
    url: str
    client: httpx.Client

    def deliver(self, *events: dict[str, Any]) -> httpx.Response:
        """Deliver one event, or several as one batch."""
        return self.client.post("/eventbridge", json=events[0] if len(events) == 1 else list(events))

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at `path`, which must be answered 200."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def numbers(self) -> dict[str, float]:
        """What `/metrics` says: by name with its labels."""
        lines = [line for line in self.client.get("/metrics").text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@contextmanager
def running(
    folder: Path, defect: str | None = None, env: dict[str, str] | None = None, code: int = 0, **settings: Any
) -> Iterator[Running]:
    """A tracker with its data below `folder`; it must end with `code` when the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "settings.json"
    path.write_text(json.dumps({"data": str(folder / "data"), "life_line": True, "defect": defect, **settings}))
    argv = [sys.executable, "-m", "tracker", "--settings", str(path)]
    process = subprocess.Popen(
        argv, cwd=ROOT, env=os.environ | (env or {}), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready = json.loads(process.stdout.readline())
        with httpx.Client(base_url=ready["url"], trust_env=False, timeout=10) as client:
            yield Running(process, ready["url"], client)
        process.stdin.close()
        assert process.wait(timeout=20) == code
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def acd(conversation: str, edge: str, at_ms: int, queue: str = "billing", visit: int = 1) -> dict[str, Any]:
    """The event of a conversation that enters (`start`) or leaves (`end`) a queue, in its EventBridge envelope."""
    body = {
        "eventTime": at_ms,
        "conversationId": conversation,
        "participantId": f"{conversation}-acd-{visit}",
        "sessionId": f"{conversation}-session-{visit}",
        "queueId": queue,
        **({"acdOutcome": "ANSWERED"} if edge == "end" else {}),
    }
    stamp = datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "version": "0",
        "id": f"{conversation}-{queue}-{visit}-{edge}",
        "detail-type": f"v2.detail.events.conversation.{{id}}.acd.{edge}",
        "source": SOURCE,
        "account": "123456789012",
        "time": stamp,
        "region": "us-east-2",
        "resources": [],
        "detail": {
            "topicName": f"v2.detail.events.conversation.{conversation}.acd.{edge}",
            "version": "2",
            "eventBody": body,
            "metadata": {"CorrelationId": "00000000-0000-0000-0000-000000000000"},
            "timestamp": stamp,
        },
    }
