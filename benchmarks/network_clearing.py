"""How long network faults outlast the order to clear them, and the SIGKILL of the chaos process.

`python -m benchmarks.network_clearing [--trials 100]` prints a table and a JSON line, and exits 1 if a claim is missed.
In each trial the faults bandwidth, media_throttle, blackhole and link_down are in force at once on the link of a site.

- clear: from the order to clear the first of the four until all that `tc qdisc show`, `nft list ruleset` and `ip link
  show` say, in the site's namespace and of the near end of its link, is word for word as before the first fault;
- sigkill: from the signal until namespace, link and nft tables are gone.

Both are looked at from another process, again and again. The chaos processes are prepared a few at a time, because the
faults take some seconds to prove themselves; while one is measured the others wait.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from actions.bandwidth import clear_bandwidth, inject_bandwidth
from actions.blackhole import clear_blackhole, inject_blackhole
from actions.link_down import clear_link_down, inject_link_down
from actions.media_throttle import clear_media_throttle, inject_media_throttle
from benchmarks.parts.network_world import empty_run
from harness.errors import DeskstormError
from harness.network.nft import table_of, tables
from harness.network.shell import Shell
from harness.network.site import Site
from harness.observing.figures import percentile
from harness.waiting import until

REACH_MS = {"clear": 200.0, "sigkill": 1000.0}
WORDS = {"clear": "order to clear to every rule gone", "sigkill": "SIGKILL of the chaos process to nothing left"}
CLEAR, SIGKILL = REACH_MS
SIDE_BY_SIDE = 10
LONG_S = 900
LIMIT_S = 30.0
EVERY_S = 0.002
INSIDE = "tc qdisc show; nft list ruleset; ip link show"
NAMESPACES, LINKS = Path("/run/netns"), Path("/sys/class/net")


def chaos(folder: Path) -> None:
    """The chaos process: does what each line of its stdin says, and answers with a line of JSON."""
    with empty_run(folder) as run:
        on = run.configuration
        print(json.dumps(asdict(run.site)), flush=True)
        for line in sys.stdin:
            if line.strip() == "inject":
                found = [
                    inject_bandwidth(rate_kbit=2000, seconds=LONG_S, configuration=on),
                    inject_media_throttle(rate_kbit=500, seconds=LONG_S, configuration=on),
                    inject_blackhole(seconds=LONG_S, configuration=on),
                    inject_link_down(seconds=LONG_S, configuration=on),
                ]
                print(json.dumps([one["lease"] for one in found]), flush=True)
            else:
                for clear in (clear_link_down, clear_blackhole, clear_media_throttle, clear_bandwidth):
                    clear(on)
                print(json.dumps("cleared"), flush=True)


class Chaos:
    """A chaos process with faults on the link of its own site, seen from outside."""

    def __init__(self, folder: Path) -> None:
        argv = [sys.executable, "-m", "benchmarks.network_clearing", "--chaos", str(folder)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._site: Site | None = None
        self._tables: set[str] = set()

    @property
    def site(self) -> Site:
        """Its site, once it has made it."""
        self._site = self._site or Site.from_json(self.answer())
        return self._site

    def tell(self, word: str) -> None:
        """Have it `inject` or `clear`."""
        assert self._process.stdin
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """What it says when it is done."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise DeskstormError(f"a chaos process ended by itself, with exit code {self._process.wait()}")
        return json.loads(line)

    def in_force(self) -> None:
        """Wait until it says so, and see it."""
        self._tables |= {table_of(lease) for lease in self.answer()}
        if not self.tables_left():
            raise DeskstormError("expected nft tables of the faults, found none")

    def shown(self) -> tuple[str, ...]:
        """What this machine's tools say of the link and of the rules on it."""
        site = self.site
        near = (_said("tc", "qdisc", "show", "dev", site.outer), _said("ip", "link", "show", "dev", site.outer))
        return (*near, _said("ip", "netns", "exec", site.namespace, "sh", "-c", INSIDE), *sorted(self.tables_left()))

    def tables_left(self) -> set[str]:
        """The nft tables of its faults at the near end."""
        return self._tables & set(tables(Shell().nft_json("list", "tables")))

    def gone(self) -> bool:
        """Whether nothing of it is left on the network."""
        links = (LINKS / self.site.outer, NAMESPACES / self.site.namespace)
        return not any(path.exists() for path in links) and not self.tables_left()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """End it however far it is, and wait until its site is gone."""
        self.kill()
        self._process.communicate()
        if self._site is not None:
            until(self.gone, "the network to be as before", LIMIT_S)


def _said(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def _cleared(chaos: Chaos, before: tuple[str, ...]) -> float:
    """Milliseconds until the network is as `before`."""
    if chaos.shown() == before:
        raise DeskstormError("expected rules that are in force, found none")

    def as_before() -> bool:
        # The near end's qdiscs are the last to go: until then that one look is enough.
        return _said("tc", "qdisc", "show", "dev", chaos.site.outer) == before[0] and chaos.shown() == before

    took = _until(lambda: chaos.tell(CLEAR), as_before)
    chaos.answer()
    return took


def _until(order: Callable[[], None], done: Callable[[], bool]) -> float:
    began = time.monotonic()
    order()
    until(done, "the network to be as before", LIMIT_S, every_s=EVERY_S)
    return (time.monotonic() - began) * 1000


def trials(folder: Path, count: int) -> dict[str, list[float]]:
    """`count` trials of each claim, in milliseconds."""
    with ExitStack() as ended:
        running = []
        for number in range(count):
            running.append(Chaos(folder / str(number)))
            ended.callback(running[-1].close)
        before = [chaos.shown() for chaos in running]
        found: dict[str, list[float]] = {}
        for kind in REACH_MS:
            for chaos in running:
                chaos.tell("inject")
            for chaos in running:
                chaos.in_force()
            if kind == CLEAR:
                found[kind] = [_cleared(*one) for one in zip(running, before, strict=True)]
            else:
                found[kind] = [_until(chaos.kill, chaos.gone) for chaos in running]
        return found


def measure(count: int, folder: Path) -> bool:
    """Run all trials, print what came of them, and answer whether every claim holds."""
    os.environ["DESKSTORM_STATE"] = str(folder / "state")
    load = os.getloadavg()[0]
    results: dict[str, list[float]] = {kind: [] for kind in REACH_MS}
    for first in range(0, count, SIDE_BY_SIDE):
        for kind, found in trials(folder / str(first), min(SIDE_BY_SIDE, count - first)).items():
            results[kind] += found
    line: dict[str, Any] = {
        kind: {
            "trials": count,
            "p50_ms": round(median(found), 1),
            "p99_ms": round(percentile(found, 99), 1),
            "max_ms": round(max(found), 1),
            "reach_p99_ms": REACH_MS[kind],
            "holds": percentile(found, 99) <= REACH_MS[kind],
        }
        for kind, found in results.items()
    }
    print(f"{'claim':45} {'p50':>8} {'p99':>8} {'max':>8} {'reach':>8}")
    for kind, row in line.items():
        numbers = "".join(f" {row[key]:5.0f} ms" for key in ("p50_ms", "p99_ms", "max_ms", "reach_p99_ms"))
        print(f"{WORDS[kind]:45}{numbers}  {'holds' if row['holds'] else 'MISSED'}")
    reached = all(row["holds"] for row in line.values())
    about = {"benchmark": "network_clearing", "load_at_start": round(load, 1), "processors": os.cpu_count()}
    print(json.dumps({**about, **line, "reached": reached}))
    return reached


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.network_clearing")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--chaos", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.chaos:
        chaos(given.chaos)
        return
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if measure(given.trials, Path(folder)) else 1)


if __name__ == "__main__":
    main()
