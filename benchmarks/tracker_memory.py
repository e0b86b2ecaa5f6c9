"""What the tracker weighs while it takes millions of events of conversations that are over.

`python -m benchmarks.tracker_memory [--events 5000000]` prints a table and a JSON line; exit code 1 if the claim (flat,
at most 250 MB) is not reached. Ten events for each conversation, from its customer's coming to their leaving, a
thousand conversations at a time, delivered in batches to a tracker process of its own; memory is what that process has
resident (VmRSS). Flat: the last third of the run is at most a tenth above the middle one. Needs 300 bytes of disk for
each event.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

from benchmarks.parts.tracker_load import ENVELOPE, TOKEN, Served, served

MOST_MB, MOST_GROWTH = 250.0, 1.1
CALLS, BATCH, CONNECTIONS, LINES = 1000, 250, 3, 20
KINDS = ("customer.start", "flow.start", "flow.end", "acd.start", "user.start", "acd.end", "user.end", "acw", "wrapup",
         "customer.end")  # fmt: skip


def _uuid(number: int, salt: int) -> str:
    return f"{number * 2654435761 % 2**32:08x}-{salt:04x}-4000-8000-{number:012x}"


def _batches(events: int, start_ms: int) -> Iterator[bytes]:
    """Deliveries of 250 events each, conversation by conversation abreast."""
    for first in range(0, events // len(KINDS), CALLS):
        for step, kind in enumerate(KINDS):
            for some in range(first, first + CALLS, BATCH):
                told = [_event(call, step, kind, start_ms + call + 1000 * step) for call in range(some, some + BATCH)]
                yield b"[" + ",".join(told).encode() + b"]"


def _event(call: int, step: int, kind: str, at_ms: int) -> str:
    conversation, leg = _uuid(call, 1), {"acd": 2, "customer": 3}.get(kind.partition(".")[0], 4)
    return ENVELOPE % (
        _uuid(call * len(KINDS) + step, 5), kind, conversation, kind, at_ms, conversation, _uuid(call, leg),
        _uuid(call, 6), call % 50,
    )  # fmt: skip


def _resident_mb(server: Served) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def _deliver(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/eventbridge", content=body)
    assert answer.json()["accepted"] == BATCH, answer.text


def measure(events: int) -> dict[str, Any]:
    """Megabytes after each twentieth of the run, the events a second, and the disk that they took."""
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder)) as server,
        ThreadPoolExecutor(CONNECTIONS) as pool,
    ):
        with httpx.Client(base_url=server.url, headers=headers, trust_env=False, timeout=60) as client:
            weights, begun, delivered = [_resident_mb(server)], time.monotonic(), 0
            # A few at a time, each set wholly answered before the next: batches of one conversation stay in order.
            batches = _batches(events, int(time.time() * 1000))
            while some := [body for _, body in zip(range(CALLS // BATCH), batches, strict=False)]:
                list(pool.map(_deliver, [client] * len(some), some))
                delivered += len(some) * BATCH
                if delivered >= events * len(weights) / LINES:
                    weights.append(_resident_mb(server))
                    print(f"{delivered:>12,} events{weights[-1]:>9.1f} MB", flush=True)
            seconds = time.monotonic() - begun
            disk_mb = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 2**20
    return {"events": delivered, "mb": weights, "events_per_s": round(delivered / seconds), "disk_mb": round(disk_mb)}


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tracker_memory", description=__doc__)
    parser.add_argument("--events", type=int, default=5_000_000)
    given = parser.parse_args()
    found = measure(given.events)
    weights = found.pop("mb")
    third = len(weights) // 3
    growth = statistics.mean(weights[-third:]) / statistics.mean(weights[-2 * third : -third])
    reached = max(weights) <= MOST_MB and growth <= MOST_GROWTH
    print(f"most {max(weights):.1f} MB (reach {MOST_MB:.0f}), last third / middle {growth:.3f} (reach {MOST_GROWTH})")
    sums = {"most_mb": round(max(weights), 1), "growth": round(growth, 3)}
    print(json.dumps({"benchmark": "tracker_memory", **found, **sums, "reached": reached}))
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
