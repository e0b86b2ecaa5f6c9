"""A tracker process to be measured, and wrk with a load of real deliveries: one event each, all of them different.

A thousand conversations are in progress at any time; each has ten events, from `customer.start` to `customer.end`.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKEN = "benchmark"  # noqa: S105
CONNECTIONS = 20
SCRIPT = r"""
local kinds = {"customer.start", "flow.start", "flow.end", "acd.start", "acd.end", "user.start", "user.end", "acw",
  "wrapup", "customer.end"}
local calls, sent, start = 1000, 0, os.time() * 1000
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer TOKEN"
local function uuid(number, salt)
  return string.format("%08x-%04x-4000-8000-%012x", number * 2654435761 % 4294967296, salt, number)
end
function request()
  local number = sent
  sent = sent + 1
  local kind = kinds[math.floor(number / calls) % 10 + 1]
  local call = math.floor(number / calls / 10) * calls + number % calls
  local conversation, participant = uuid(call, SEED), uuid(call, 1)
  local body = string.format(BODY, uuid(number, SEED), kind, conversation, kind, start + math.floor(number / 20),
    conversation, participant, uuid(call, 2), call % 50)
  return wrk.format("POST", "/eventbridge", nil, body)
end
"""
ENVELOPE = (
    '{"version":"0","id":"%s","detail-type":"v2.detail.events.conversation.{id}.%s",'
    '"source":"aws.partner/genesys.com/cloud/00000000-0000-0000-0000-000000000000/benchmark",'
    '"account":"123456789012","time":"2026-03-19T22:04:48Z","region":"us-east-2","resources":[],'
    '"detail":{"topicName":"v2.detail.events.conversation.%s.%s","version":"2","eventBody":{"eventTime":%d,'
    '"conversationId":"%s","participantId":"%s","sessionId":"%s","mediaType":"VOICE","provider":"Edge",'
    '"direction":"INBOUND","ani":"tel:+15550100","dnis":"tel:+15550199","queueId":"queue-%d"},'
    '"metadata":{"CorrelationId":"d1ab36e9-0000-0000-0000-000000000000"},"timestamp":"2026-03-19T22:04:48.128Z"}}'
)


@dataclass(frozen=True)
class Served:
    """A process that takes deliveries: its address, and itself."""

    url: str
    process: subprocess.Popen[str]


@dataclass(frozen=True)
class Load:
    """What wrk measured."""

    events_per_s: float
    p50_ms: float
    p99_ms: float
    wrong: int


@contextlib.contextmanager
def served(folder: Path, module: str = "tracker", **more: Any) -> Iterator[Served]:
    """`python -m <module>` with its data in `folder` and `more` settings; it ends with its stdin."""
    settings = {"data": str(folder / "data"), "delivery": {"token_env": "TRACKER_TOKEN"}, "life_line": True, **more}
    path = folder / "settings.json"
    path.write_text(json.dumps(settings))
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--settings", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TRACKER_TOKEN": TOKEN},
    )
    assert process.stdin and process.stdout
    try:
        yield Served(str(json.loads(process.stdout.readline())["url"]), process)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def wrk(url: str, seconds: int, seed: int) -> Load:
    """Deliver to `url` over 20 connections for `seconds`."""
    program = shutil.which("wrk")
    if program is None:
        sys.exit("wrk: expected Debian's package wrk, found no such program")
    script = SCRIPT.replace("TOKEN", TOKEN).replace("SEED", str(seed)).replace("BODY", f"[[{ENVELOPE}]]")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        argv = [program, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", file.name, url]
        return _read(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)


def _read(text: str) -> Load:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert rate, text
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failures = sum(map(int, lost.groups())) if lost else 0
    return Load(float(rate[1]), _ms(text, "50%"), _ms(text, "99%"), failures + (int(wrong[1]) if wrong else 0))


def _ms(text: str, share: str) -> float:
    found = re.search(rf"{share}\s+([\d.]+)(us|ms|s)\b", text)
    assert found, text
    return float(found[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[found[2]]
