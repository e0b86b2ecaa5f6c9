"""How many events a second the tracker makes durable, with one delivery for each event over 20 connections, and what
share that is of its own server answering without doing anything.

`python -m benchmarks.tracker_ingest [--seconds 10] [--rounds 3]` prints a table and a JSON line (the median of the
rounds); exit code 1 if the claim (15,000 events/s, p99 <= 25 ms, share >= 0.35) is not reached. Needs wrk.
"""

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.parts.tracker_load import Load, served, wrk

LEAST_PER_S, MOST_P99_MS, LEAST_SHARE = 15_000, 25.0, 0.35


def _measured(module: str, seconds: int, seed: int) -> Load:
    with tempfile.TemporaryDirectory() as folder, served(Path(folder), module) as server:
        found = wrk(server.url, seconds, seed)
    assert not found.wrong, f"{found.wrong} deliveries were not answered 200"
    return found


def _middle(loads: list[Load]) -> Load:
    return sorted(loads, key=lambda load: load.events_per_s)[len(loads) // 2]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found: dict[str, list[Load]] = {"benchmarks.parts.tracker_idle": [], "tracker": []}
    print(f"{'':26}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}")
    for number in range(given.rounds):
        for module, loads in found.items():
            loads.append(_measured(module, max(2, given.seconds // (2 if "idle" in module else 1)), number))
            load = loads[-1]
            print(f"{module:26}{load.events_per_s:10.0f}{load.p50_ms:9.2f}{load.p99_ms:9.2f}", flush=True)
    idle, durable = map(_middle, found.values())
    p99_ms = statistics.median(load.p99_ms for load in found["tracker"])
    share = durable.events_per_s / idle.events_per_s
    reached = durable.events_per_s >= LEAST_PER_S and p99_ms <= MOST_P99_MS and share >= LEAST_SHARE
    print(
        json.dumps(
            {
                "benchmark": "tracker_ingest",
                "events_per_s": round(durable.events_per_s),
                "p99_ms": p99_ms,
                "share": round(share, 3),
                "reached": reached,
            }
        )
    )
    sys.exit(not reached)


if __name__ == "__main__":
    main()
