"""What SIGKILL costs: a tracker is killed at random moments of a burst of deliveries over 20 connections, and started
again with the same data; every event that it acknowledged must be known to its next life.

`python -m benchmarks.tracker_kill [--rounds 50] [--seed 1]` prints a table and a JSON line; exit code 1 if any
acknowledged event is lost (or one is known that was never sent).
"""

import argparse
import asyncio
import contextlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import httpx
import orjson

from benchmarks.parts.tracker_load import CONNECTIONS, TOKEN, served

CONVERSATIONS = 100
LONGEST_BURST_S = 0.5
Events = dict[str, set[str]]
HEAD = (
    "POST /eventbridge HTTP/1.1\r\nHost: tracker\r\nContent-Type: application/json\r\n"
    f"Authorization: Bearer {TOKEN}\r\nContent-Length: "
)


def _request(conversation: str, participant: str) -> bytes:
    body = orjson.dumps(
        {
            "id": f"{conversation}-{participant}",
            "detail-type": "v2.detail.events.conversation.{id}.acd.start",
            "detail": {
                "eventBody": {
                    "eventTime": time.time_ns() // 1_000_000,
                    "conversationId": conversation,
                    "participantId": participant,
                    "queueId": "burst",
                }
            },
        }
    )
    return f"{HEAD}{len(body)}\r\n\r\n".encode() + body


async def _deliver(address: tuple[str, int], lane: str, sent: Events, kept: Events) -> None:
    reader, writer = await asyncio.open_connection(*address)
    number = 0
    with contextlib.suppress(OSError, asyncio.IncompleteReadError):
        while True:
            conversation, participant = f"{lane.split('/')[0]}-{number % CONVERSATIONS}", f"{lane}/{number}"
            sent[conversation].add(participant)
            writer.write(_request(conversation, participant))
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            if head.startswith(b"HTTP/1.1 200"):
                kept[conversation].add(participant)
            number += 1
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def _burst(url: str, process: "subprocess.Popen[str]", name: str, seconds: float) -> tuple[Events, Events]:
    sent: Events = defaultdict(set)
    kept: Events = defaultdict(set)
    address = httpx.URL(url)
    lanes = [f"{name}/{lane}" for lane in range(CONNECTIONS)]
    delivering = [_deliver((address.host, address.port or 0), lane, sent, kept) for lane in lanes]
    asyncio.get_running_loop().call_later(seconds, process.kill)
    await asyncio.gather(*delivering)
    return sent, kept


def _known(client: httpx.Client, conversation: str) -> set[str]:
    answer = client.get("/api/v1/interactions/health", params={"conversationId": conversation})
    if answer.status_code == 404:
        return set()
    return {visit["participant_id"] for visit in answer.json()["current_state"]["visits"]}


def _wrong(url: str, sent: Events, kept: Events) -> tuple[int, int]:
    """How many acknowledged events are not known, and how many known ones were never sent."""
    lost = invented = 0
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        for conversation, said in sent.items():
            known = _known(client, conversation)
            lost += len(kept[conversation] - known)
            invented += len(known - said)
    return lost, invented


def main() -> None:
    """Kill and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance = random.Random(given.seed)
    acknowledged = lost = invented = 0
    print(f"{'round':>6}{'burst s':>10}{'acknowledged':>14}{'lost':>8}{'invented':>10}")
    with tempfile.TemporaryDirectory() as folder:
        for number in range(given.rounds):
            seconds = chance.uniform(0.005, LONGEST_BURST_S)
            with served(Path(folder)) as server:
                sent, kept = asyncio.run(_burst(server.url, server.process, f"r{number}", seconds))
            with served(Path(folder)) as server:
                gone, strange = _wrong(server.url, sent, kept)
            count = sum(map(len, kept.values()))
            print(f"{number:6}{seconds:10.3f}{count:14}{gone:8}{strange:10}", flush=True)
            acknowledged, lost, invented = acknowledged + count, lost + gone, invented + strange
    reached = not lost and not invented and acknowledged > 0
    result = {"kills": given.rounds, "acknowledged": acknowledged, "lost": lost, "invented": invented}
    print(json.dumps({"benchmark": "tracker_kill", **result, "reached": reached}))
    sys.exit(not reached)


if __name__ == "__main__":
    main()
