"""What our addons cost while they are all off: the wire against bare mitmdump, in interleaved pairs.

`python -m benchmarks.wire_overhead [--pairs 30] [--requests 300]` prints a table and a JSON line; exit code 1 if the
claim (requests/s >= 0.90, p50 <= 1.10 of bare mitmdump) is not reached.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.parts.wire_processes import Client, Proxy, bare_mitmdump, upstream, wire

LEAST_RATE, MOST_P50 = 0.90, 1.10


@dataclass(frozen=True)
class Round:
    """What one round of requests over one connection came to."""

    rate: float
    p50_ms: float
    cpu_us: float


async def _round(proxy: Proxy, client: Client, requests: int) -> Round:
    before = proxy.cpu_s()
    took = [await client.get() for _ in range(requests)]
    cpu_us = (proxy.cpu_s() - before) / requests * 1e6
    return Round(requests / sum(took) * 1000, statistics.median(took), cpu_us)


async def _pairs(bare: Proxy, ours: Proxy, host: str, pairs: int, requests: int) -> list[tuple[Round, Round]]:
    """Rounds of `bare` and `ours`; each goes first every other time, so that none has the machine's better mood."""
    clients = {proxy: await Client.connect(proxy.address, host) for proxy in (bare, ours)}
    for proxy, client in clients.items():
        await _round(proxy, client, requests)
    found = []
    for number in range(pairs):
        order = (bare, ours) if number % 2 else (ours, bare)
        rounds = {proxy: await _round(proxy, clients[proxy], requests) for proxy in order}
        found.append((rounds[bare], rounds[ours]))
    for client in clients.values():
        await client.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--requests", type=int, default=300)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, upstream() as host:
        with bare_mitmdump(Path(one)) as bare, wire(Path(two), host) as (ours, _):
            found = asyncio.run(_pairs(bare, ours, host, given.pairs, given.requests))
    rate = statistics.median(ours.rate / bare.rate for bare, ours in found)
    p50 = statistics.median(ours.p50_ms / bare.p50_ms for bare, ours in found)
    cpu = sum(ours.cpu_us for _, ours in found) / sum(bare.cpu_us for bare, _ in found)
    print(f"{'':14}{'requests/s':>12}{'p50 ms':>10}{'CPU us/request':>16}")
    for name, which in (("bare mitmdump", 0), ("wire, idle", 1)):
        rounds = [pair[which] for pair in found]
        of = [statistics.median(values) for values in ((r.rate for r in rounds), (r.p50_ms for r in rounds))]
        print(f"{name:14}{of[0]:12.0f}{of[1]:10.3f}{statistics.mean(r.cpu_us for r in rounds):16.0f}")
    print(f"{'ratio':14}{rate:12.3f}{p50:10.3f}{cpu:16.3f}   (median of {given.pairs} pairs of {given.requests})")
    reached = rate >= LEAST_RATE and p50 <= MOST_P50
    print(json.dumps({"benchmark": "wire_overhead", "rate": rate, "p50": p50, "cpu": cpu, "reached": reached}))
    sys.exit(not reached)


if __name__ == "__main__":
    main()
