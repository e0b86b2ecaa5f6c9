"""How late a conversation that got stuck is told of, with many others in their queues: from the moment in which its
limit passed to the moment in which a webhook on loopback has the alert. All of it is the real service: a tracker
process that takes every conversation as a delivery and keeps it on disk.

`python -m benchmarks.stuck_alert [--open 100000] [--stuck 500] [--seconds 5]` prints a table and a JSON line; exit code
1 if the claim (every alert within 1 s) is not reached. Besides, all of them are let get stuck in one moment: how long
until each alert is kept on disk, from where no restart loses it.
"""

import argparse
import asyncio
import json
import math
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import orjson

from benchmarks.parts.tracker_load import TOKEN, served
from harness.waiting import until

MOST_LATE_S = 1.0
LIMIT_S = 300.0
LEAD_S = 2.0
LONGEST_S = 120.0
EVENTS_A_DELIVERY = 2_000


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _receive(told: Connection, awaited: int) -> None:
    """A webhook in a process of its own: when each conversation's alert came, in wall ms, once all are there."""
    came: dict[str, int] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(EOFError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                came[json.loads(await reader.readexactly(length))["conversation_id"]] = _now_ms()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                if len(came) == awaited:
                    told.send(came)
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


@contextmanager
def _webhook(awaited: int) -> Iterator[Connection]:
    ours, theirs = multiprocessing.Pipe()
    receiver = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs, awaited), daemon=True)
    receiver.start()
    try:
        yield ours
    finally:
        receiver.terminate()
        receiver.join()


def _entered(name: str, at_ms: int) -> dict[str, Any]:
    body = {"eventTime": at_ms, "conversationId": name, "participantId": f"{name}-p", "queueId": "billing"}
    topic = "v2.detail.events.conversation.{id}.acd.start"
    return {"id": f"{name}-1", "detail-type": topic, "detail": {"eventBody": body}}


def _deliver(client: httpx.Client, entered: Iterable[tuple[str, int]]) -> None:
    """Each conversation enters its queue at its time (epoch ms)."""
    left = iter(entered)
    while some := list(islice(left, EVENTS_A_DELIVERY)):
        body = orjson.dumps([_entered(name, at_ms) for name, at_ms in some])
        answer = client.post("/eventbridge", content=body, headers={"Content-Type": "application/json"})
        assert answer.json().get("accepted") == len(some), answer.text


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False, timeout=60)


def _lateness(given: argparse.Namespace, folder: Path) -> tuple[list[float], float]:
    """Seconds from each limit to its alert, sorted; and how long it took to deliver all that is open."""
    with _webhook(given.stuck) as webhook:
        sinks = [{"kind": "generic", "url": f"http://127.0.0.1:{webhook.recv()}/"}]
        with served(folder, alerts=sinks) as tracker, _client(tracker.url) as client:
            began = time.monotonic()
            _deliver(client, ((f"open-{n}", _now_ms() - n % 150_000) for n in range(given.open - given.stuck)))
            took_s = time.monotonic() - began
            first_ms = _now_ms() + round(LEAD_S * 1000)
            limits = {f"c-{n}": first_ms + round(n * given.seconds * 1000 / given.stuck) for n in range(given.stuck)}
            _deliver(client, ((name, limit_ms - round(LIMIT_S * 1000)) for name, limit_ms in limits.items()))
            if not webhook.poll(LONGEST_S):
                sys.exit(f"stuck_alert: expected every alert within {LONGEST_S:g} s, found some missing")
            came: dict[str, int] = webhook.recv()
    return sorted((came[name] - limit_ms) / 1000 for name, limit_ms in limits.items()), took_s


def _all_at_once(number: int, folder: Path, took_s: float) -> float:
    """Seconds from the limit of `number` conversations, whose deliveries take about `took_s`, to the last of their
    alerts on disk."""
    with served(folder) as tracker, _client(tracker.url) as client:
        limit_ms = _now_ms() + round((LEAD_S + 3 * took_s) * 1000)
        _deliver(client, ((f"c-{one}", limit_ms - round(LIMIT_S * 1000)) for one in range(number)))
        if _now_ms() > limit_ms:
            sys.exit("stuck_alert: expected all deliveries before the limit, found this machine too slow for that")

        def kept() -> bool:
            page = client.get("/api/v1/alerts", params={"state": "firing", "pageSize": 1}).json()
            return bool(page["total"] == number)

        until(kept, "every alert", took_s * 3 + LONGEST_S, every_s=0.1)
        return (_now_ms() - limit_ms) / 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--stuck", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        late, took_s = _lateness(given, Path(one))
        storm_s = _all_at_once(given.open, Path(other), took_s)
    p50, p99 = (late[math.ceil(len(late) * share) - 1] for share in (0.5, 0.99))
    print(f"{given.open} open, {given.stuck} got stuck over {given.seconds:g} s; seconds from limit to webhook")
    print(f"{'p50':>9}{'p99':>9}{'max':>9}\n{p50:9.3f}{p99:9.3f}{late[-1]:9.3f}")
    print(f"all {given.open} in one moment: the last alert on disk after {storm_s:.2f} s")
    reached = 0 <= late[0] and late[-1] <= MOST_LATE_S
    shown = {"p50_s": p50, "p99_s": p99, "max_s": late[-1], "all_at_once_s": storm_s, "reached": reached}
    print(json.dumps({"benchmark": "stuck_alert", "open": given.open, **shown}))
    sys.exit(not reached)


if __name__ == "__main__":
    main()
