"""How precisely ordered latency, loss and rate are met on the link of a site, by the actions of the same names.

`python -m benchmarks.network_accuracy [--connects 100] [--datagrams 20000]` prints a table and a JSON line, and exits 1
if a claim is missed. All of it goes one way only, from the desktops:

- latency: the time of each TCP connect with 50, 200, 500 ms ordered, less the ordered delay, less the median connect
  over the same link without the rule; p50 within 1 ms, p99 within 5 ms;
- loss: what is lost of the datagrams, in standard errors of the binomial off 1, 2, 5, 10 %; within 3. Without the rule
  nothing may be lost;
- rate: how fast datagrams arrive that are sent a quarter faster than 256 kbit/s, 1 and 10 Mbit/s; within 5 %. Without
  the rule it has to be more than that.

Latency and loss need sch_netem. Where the kernel has none they are measured in the network lab, as the table says.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from actions.bandwidth import clear_bandwidth, inject_bandwidth
from actions.latency import clear_latency, inject_latency
from actions.packet_loss import clear_packet_loss, inject_packet_loss
from benchmarks.parts.network_world import EmptyRun, empty_run
from harness import netlab
from harness.network.ability import abilities
from harness.network.meter import Heard, Meter

DELAYS_MS, MOST_P50_MS, MOST_P99_MS = (50.0, 200.0, 500.0), 1.0, 5.0
LOSSES_PERCENT, MOST_ERRORS = (1.0, 2.0, 5.0, 10.0), 3.0
RATES_KBIT, MOST_OFF_PERCENT = (256.0, 1000.0, 10_000.0), 5.0
FASTER, RATE_S, RATE_SIZE, QUEUED_S = 1.25, 5.0, 1000, 3.0
LAB_LIMIT_S = 900.0
HERE, LAB = "this kernel", "network lab"
ONE_WAY: dict[str, Any] = {"direction": "from_desktops", "seconds": 900}
Rows = Iterator["Row"]


@dataclass(frozen=True)
class Row:
    """One claim, measured: `without` is the same without the rule."""

    claim: str
    where: str
    without: str
    found: str
    reach: str
    figures: dict[str, float]
    holds: bool


def _at(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile."""
    return sorted(values)[math.ceil(len(values) * share) - 1]


def _meter(run: EmptyRun) -> Meter:
    return Meter(run.site.namespace, run.site.address, run.site.gateway)


def _connects(run: EmptyRun, count: int) -> tuple[float, ...]:
    with _meter(run) as meter:
        return meter.connects(count).times_ms


def _datagrams(run: EmptyRun, count: int) -> Heard:
    with _meter(run) as meter:
        return meter.datagrams(outgoing=True, count=count, late_s=1.0)


def _arriving_kbit(run: EmptyRun, rate_kbit: float) -> float:
    count = int(FASTER * rate_kbit * 1000 * RATE_S / 8 / RATE_SIZE)
    with _meter(run) as meter:
        heard = meter.datagrams(True, count, RATE_SIZE, FASTER * rate_kbit * 1000, QUEUED_S)
    return heard.rate_bit / 1000


def latency(run: EmptyRun, where: str, given: argparse.Namespace) -> Rows:
    """Connect times."""
    for ordered in DELAYS_MS:
        without = median(_connects(run, given.connects))
        inject_latency(delay_ms=ordered, configuration=run.configuration, **ONE_WAY)
        beyond = [ms - ordered - without for ms in _connects(run, given.connects)]
        clear_latency(run.configuration)
        p50, p99 = _at(beyond, 0.5), _at(beyond, 0.99)
        yield Row(
            f"latency {ordered:g} ms",
            where,
            f"p50 {without:.2f} ms",
            f"p50 {p50:+.2f}, p99 {p99:+.2f} ms",
            f"{MOST_P50_MS:g} / {MOST_P99_MS:g} ms",
            {"p50_ms": p50, "p99_ms": p99, "max_ms": max(beyond), "min_ms": min(beyond), "without_ms": without},
            abs(p50) <= MOST_P50_MS and abs(p99) <= MOST_P99_MS and len(beyond) == given.connects,
        )


def loss(run: EmptyRun, where: str, given: argparse.Namespace) -> Rows:
    """Datagrams that do not arrive."""
    for ordered in LOSSES_PERCENT:
        without = _datagrams(run, given.datagrams).lost_percent
        inject_packet_loss(percent=ordered, configuration=run.configuration, **ONE_WAY)
        found = _datagrams(run, given.datagrams).lost_percent
        clear_packet_loss(run.configuration)
        error = math.sqrt(ordered * (100 - ordered) / given.datagrams)
        off = (found - ordered) / error
        yield Row(
            f"loss {ordered:g} %",
            where,
            f"{without:g} %",
            f"{found:.3f} %, {off:+.2f} errors",
            f"{MOST_ERRORS:g} errors",
            {"lost_percent": found, "standard_errors": off, "without_percent": without},
            abs(off) <= MOST_ERRORS and without == 0,
        )


def rate(run: EmptyRun, where: str, _given: argparse.Namespace) -> Rows:
    """How fast datagrams arrive."""
    for ordered in RATES_KBIT:
        without = _arriving_kbit(run, ordered)
        inject_bandwidth(rate_kbit=ordered, configuration=run.configuration, **ONE_WAY)
        found = _arriving_kbit(run, ordered)
        clear_bandwidth(run.configuration)
        off = 100 * (found / ordered - 1)
        yield Row(
            f"rate {ordered:g} kbit/s",
            where,
            f"{without:.0f} kbit/s",
            f"{found:.1f} kbit/s, {off:+.2f} %",
            f"{MOST_OFF_PERCENT:g} %",
            {"rate_kbit": found, "off_percent": off, "without_kbit": without},
            abs(off) <= MOST_OFF_PERCENT and without > ordered * (1 + MOST_OFF_PERCENT / 100),
        )


PARTS: dict[str, Callable[[EmptyRun, str, argparse.Namespace], Rows]] = {
    "rate": rate,
    "latency": latency,
    "loss": loss,
}
WITH_NETEM = ("latency", "loss")


def measured(parts: Sequence[str], given: argparse.Namespace) -> Rows:
    """The rows of these parts, on a link of this machine, or of the lab if we are in one."""
    where = LAB if "DESKSTORM_NETLAB" in os.environ else HERE
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DESKSTORM_STATE"] = f"{folder}/state"
        with empty_run(Path(folder, "run")) as run:
            for part in parts:
                yield from PARTS[part](run, where, given)


def measured_in_lab(parts: Sequence[str], given: argparse.Namespace) -> Rows:
    """The same by this program in the network lab."""
    netlab.require()
    given_on = ["--connects", str(given.connects), "--datagrams", str(given.datagrams), "--rows", *parts]
    argv = [*netlab.command([], LAB_LIMIT_S), sys.executable, "-m", "benchmarks.network_accuracy", *given_on]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as lab:
        yield from (Row(**json.loads(line)) for line in lab.stdout or ())
    if lab.returncode:
        raise SystemExit(lab.returncode)


def _all(given: argparse.Namespace) -> Rows:
    lacking = abilities()["netem"]
    yield from measured(["rate"], given)
    if lacking:
        print(f"latency and loss in the network lab: {lacking}", flush=True)
    yield from (measured_in_lab if lacking else measured)(WITH_NETEM, given)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network_accuracy")
    parser.add_argument("--connects", type=int, default=100)
    parser.add_argument("--datagrams", type=int, default=20_000)
    parser.add_argument("--rows", nargs="+", choices=list(PARTS), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.rows:
        for row in measured(given.rows, given):
            print(json.dumps(asdict(row)), flush=True)
        return
    load = os.getloadavg()[0]
    print(f"{'ordered':18} {'where':12} {'without':>16} {'found':>28} {'reach':>11}")
    rows = []
    for row in _all(given):
        rows.append(row)
        held = "holds" if row.holds else "MISSED"
        print(f"{row.claim:18} {row.where:12} {row.without:>16} {row.found:>28} {row.reach:>11}  {held}", flush=True)
    reached = all(row.holds for row in rows)
    line = {row.claim: {"where": row.where, **_rounded(row.figures), "holds": row.holds} for row in rows}
    about = {"benchmark": "network_accuracy", "load_at_start": round(load, 1), "processors": os.cpu_count()}
    print(json.dumps({**about, **line, "reached": reached}))
    sys.exit(not reached)


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}


if __name__ == "__main__":
    main()
