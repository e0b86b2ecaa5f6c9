"""What a thousand connected desktops weigh, over a thousand bare `websockets` clients of the same server.

`python -m benchmarks.desktop_memory [--desktops 1000]` prints a table and a JSON line; exit code 1 if the claim (at
most 1.6 times, and at most 120 MB) is not reached. Both hold their sockets in one process of their own, against one
cloud, through no proxy; memory is what the process has resident (VmRSS) when all of them are connected.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from harness.evidence import read
from harness.waiting import until

MOST_RATIO, MOST_MB = 1.6, 120.0
QUEUE = {"id": "33333333-0000-4000-8000-000000000003", "name": "Chaos"}
CLIENT = "22222222-0000-4000-8000-000000000002"


def _agents(count: int) -> list[dict[str, str]]:
    return [
        {"id": f"a0000000-0000-4000-8000-{n:012}", "name": f"Agent {n}", "refresh_token": f"refresh-{n}"}
        for n in range(count)
    ]


@contextmanager
def _process(argv: list[str]) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A process that says one JSON line when it is ready and ends with its stdin."""
    with subprocess.Popen(
        [sys.executable, "-m", *argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def _written(path: Path, value: Any) -> str:
    path.write_text(json.dumps(value))
    return str(path)


def _resident_mb(process: subprocess.Popen[str]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


def _open_files(process: subprocess.Popen[str]) -> int:
    """File descriptors of the process, of which each socket is one."""
    return len(list(Path(f"/proc/{process.pid}/fd").iterdir()))


def _cloud_settings(folder: Path, count: int) -> dict[str, Any]:
    return {
        "agents": _agents(count),
        "client_id": "11111111-0000-4000-8000-000000000001",
        "client_secret": "of-a-benchmark",
        "desktop_client_id": CLIENT,
        "queue": QUEUE,
        "evidence": str(folder / "evidence"),
        "control_token": "of-a-benchmark",
    }


def _channels(api: str, count: int) -> list[str]:
    """One channel for each agent; the URIs to connect to."""

    def channel(agent: dict[str, str]) -> str:
        form = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": agent["refresh_token"]}
        token = client.post(f"{api}/oauth/token", data=form).json()["access_token"]
        answer = client.post(f"{api}/api/v2/notifications/channels", headers={"authorization": f"Bearer {token}"})
        return str(answer.json()["connectUri"])

    with httpx.Client(trust_env=False, timeout=30) as client, ThreadPoolExecutor(8) as pool:
        return list(pool.map(channel, _agents(count)))


def _bare_mb(folder: Path, api: str, count: int) -> float:
    path = _written(folder / "uris.json", _channels(api, count))
    with _process(["benchmarks.parts.bare_sockets", path]) as (process, ready):
        assert ready["connected"] == count
        return _resident_mb(process)


def _crowd_mb(folder: Path, api: str, count: int) -> float:
    settings = {
        "agents": _agents(count),
        "api": api,
        "login": api,
        "desktop_client_id": CLIENT,
        "evidence": str(folder / "evidence"),
        "store": str(folder / "store"),
        "queue_id": QUEUE["id"],
        "stagger_s": count / 25,
    }
    path = _written(folder / "crowd.json", settings)
    with _process(["simulator.desktop", "--settings", path]) as (process, _):

        def on_queue() -> bool:
            # Evidence is read, for asking the process would be measured too.
            shown = read(folder / "evidence").of("presence.shown", source="crowd")
            return len({entry.agent for entry in shown if entry["presence"] == "ON_QUEUE"}) == count

        until(on_queue, f"{count} desktops on queue", within_s=60 + count / 10, every_s=2.0)
        assert _open_files(process) >= count
        return _resident_mb(process)


def measure(count: int) -> dict[str, Any]:
    """Megabytes of both, and their ratio."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        path = _written(folder / "cloud.json", _cloud_settings(folder, count))
        _, ready = stack.enter_context(_process(["simulator.cloud", "--settings", path]))
        bare = _bare_mb(folder, ready["api"], count)
        crowd = _crowd_mb(folder, ready["api"], count)
    return {"desktops": count, "bare_mb": round(bare, 1), "crowd_mb": round(crowd, 1), "ratio": round(crowd / bare, 3)}


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.desktop_memory", description=__doc__)
    parser.add_argument("--desktops", type=int, default=1000)
    given = parser.parse_args()
    found = measure(given.desktops)
    reached = found["ratio"] <= MOST_RATIO and found["crowd_mb"] <= MOST_MB
    print(f"{'':24}{'resident':>12}{'each':>12}")
    for name, key in (("bare websockets clients", "bare_mb"), ("desktops", "crowd_mb")):
        print(f"{name:24}{found[key]:>9.1f} MB{found[key] * 1024 / found['desktops']:>8.0f} KiB")
    print(f"ratio {found['ratio']:.2f} (reach {MOST_RATIO}), {found['crowd_mb']:.1f} MB (reach {MOST_MB:.0f})")
    print(json.dumps({"benchmark": "desktop_memory", **found, "reached": reached}))
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
