"""How late a conversation that got stuck is told of, with many others in their queues: from the moment in which its
limit passed to the moment in which a webhook on loopback has the alert.

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
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from harness.waiting import eventually
from tracker.alerts.desk import Alerts
from tracker.alerts.watch import watch
from tracker.events import Event, Kind
from tracker.ledger import Ledger, Limits, Thresholds
from tracker.settings import Settings, Sink

MOST_LATE_S = 1.0
LIMIT_S = 300.0
LEAD_S = 2.0
LONGEST_S = 60.0


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _receive(told: Connection) -> None:
    """A webhook in a process of its own: when each conversation's alert came, in wall ms, once it is asked."""
    came: dict[str, int] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(EOFError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                came[json.loads(await reader.readexactly(length))["conversation_id"]] = _now_ms()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(told.recv)
        told.send(came)

    asyncio.run(run())


def _entered(ledger: Ledger, name: str, at_ms: int) -> None:
    ledger.apply(Event(f"{name}-1", name, Kind.ACD_START, at_ms, f"{name}-p", "billing"))


async def _lateness(given: argparse.Namespace, folder: Path, webhook: Connection) -> list[float]:
    """Seconds from each limit to its alert."""
    sink = Sink("generic", f"http://127.0.0.1:{webhook.recv()}/", None)
    ledger, alerts = Ledger(Thresholds(Limits(LIMIT_S))), Alerts(Settings(data=folder, alerts=(sink,)))
    ledger.due(_now_ms())
    for number in range(given.open - given.stuck):
        _entered(ledger, f"open-{number}", _now_ms() - number % 200_000)
    first_ms = _now_ms() + round(LEAD_S * 1000)
    limits = {f"c-{n}": first_ms + round(n * given.seconds * 1000 / given.stuck) for n in range(given.stuck)}
    for name, limit_ms in limits.items():
        _entered(ledger, name, limit_ms - round(LIMIT_S * 1000))
    alerts.start()
    watching = asyncio.create_task(watch(ledger, alerts.took))
    try:
        await eventually(lambda: _delivered(alerts) == given.stuck, "every alert", LONGEST_S, every_s=0.1)
    finally:
        watching.cancel()
        await asyncio.to_thread(alerts.stop)
    webhook.send("done")
    came: dict[str, int] = webhook.recv()
    return sorted((came[name] - limit_ms) / 1000 for name, limit_ms in limits.items())


def _delivered(alerts: Alerts) -> int:
    return alerts.owed()[0].sent.delivered


async def _all_at_once(number: int, folder: Path) -> float:
    """Seconds from the limit of `number` conversations to the last of their alerts on disk."""
    ledger, alerts = Ledger(Thresholds(Limits(LIMIT_S))), Alerts(Settings(data=folder))
    ledger.due(_now_ms())
    limit_ms = _now_ms() + round(LEAD_S * 1000)
    for one in range(number):
        _entered(ledger, f"c-{one}", limit_ms - round(LIMIT_S * 1000))
    alerts.start()
    watching = asyncio.create_task(watch(ledger, alerts.took))
    try:
        await eventually(lambda: alerts.listed(True, 1)[1] == number, "every alert", LONGEST_S, every_s=0.1)
        return (_now_ms() - limit_ms) / 1000
    finally:
        watching.cancel()
        await asyncio.to_thread(alerts.stop)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--stuck", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    receiver = multiprocessing.get_context("spawn").Process(target=_receive, args=(theirs,), daemon=True)
    receiver.start()
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        late = asyncio.run(_lateness(given, Path(one), ours))
        storm_s = asyncio.run(_all_at_once(given.open, Path(other)))
    receiver.join()
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
