"""How long faults outlive a guard's breach, and the SIGKILL of the chaos process: whole local worlds, two faults each.

`python -m benchmarks.kill_switch [--trials N]` prints a table and a JSON line, and exits 1 if a claim is missed. A
trial begins with the breach in the keeper's evidence (or just before the SIGKILL is sent) and ends when the keeper has
heard from the wire that the last fault is gone and its canary has seen normal traffic again.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from actions.api_latency import inject_api_latency
from actions.ws_duplicate import inject_ws_duplicate
from harness.breaking.canary import Canary
from harness.errors import DeskstormError
from harness.evidence import Evidence, EvidenceWriter, read
from harness.observing.figures import percentile
from harness.runtime import WORLD_KEY
from harness.settings import RunSettings
from harness.start import Started, bring_up
from harness.waiting import until

REACH_MS = {"guard": 500.0, "sigkill": 1000.0}
WORDS = {"guard": "guard breach to every fault seen cleared", "sigkill": "SIGKILL of the chaos process to the same"}
FAULTS = 2
TRIAL_LIMIT_S = 60.0
CONDITION = {"measure": "api_p99_ms", "limit": 100, "for_s": 1}


def chaos(kind: str, folder: Path) -> None:
    """The chaos process of one trial: a world with two faults in force, and then the breach, or nothing at all."""
    evidence = EvidenceWriter(folder / "evidence", f"chaos-{os.getpid()}")
    started = bring_up(RunSettings(agents=4), folder, evidence, lambda _: None)
    configuration = {WORLD_KEY: str(started.world_file)}
    inject_ws_duplicate(seconds=300, configuration=configuration)
    inject_api_latency(delay_ms=300, seconds=300, configuration=configuration)
    print("in force", flush=True)
    if kind == "sigkill":
        sys.stdin.read()
    else:
        _breach(started)
    started.take_down()
    evidence.close()


def _breach(started: Started) -> None:
    with Canary(started.world) as canary:
        started.keeper.guard([CONDITION])

        def stopped() -> str:
            canary.request("GET", "/api/v2/users/me")
            return started.keeper.stopped

        until(stopped, "the guard to stop the run", TRIAL_LIMIT_S)


def trial(kind: str, folder: Path) -> float:
    """Milliseconds from the trial's beginning to the last fault seen cleared."""
    argv = [sys.executable, "-m", "benchmarks.kill_switch", "--chaos", kind, "--folder", str(folder)]
    process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        try:
            line = process.stdout.readline() if process.stdout else b""
            if line.strip() != b"in force":
                raise DeskstormError(f"the chaos process did not get its faults in force: {line!r}, see {folder}")
            began = time.monotonic_ns()
            if kind == "sigkill":
                process.send_signal(signal.SIGKILL)
            state = Path(os.environ["DESKSTORM_STATE"]) / folder.name
            until(lambda: not state.exists(), "the keeper to be done", TRIAL_LIMIT_S)
        finally:
            process.kill()
    return _milliseconds(kind, began, read(folder / "evidence"))


def _milliseconds(kind: str, began: int, evidence: Evidence) -> float:
    undone = evidence.of("lease.undone", source="keeper")
    if len(undone) != FAULTS or not all(entry["verified"] for entry in undone):
        raise DeskstormError(f"expected {FAULTS} faults seen cleared, found {[entry.fields for entry in undone]}")
    breach = evidence.last("guard.breach")
    if kind == "guard":
        if breach is None:
            raise DeskstormError("the guard never saw a breach")
        began = breach.t
    return max(int(entry["at"]) - began for entry in undone) / 1e6


def measure(trials: int, folder: Path) -> bool:
    """Run all trials, print what came of them, and answer whether every claim holds."""
    os.environ["DESKSTORM_STATE"] = str(folder / "state")
    load = os.getloadavg()[0]
    results = {kind: [trial(kind, folder / f"{kind}-{n}") for n in range(trials)] for kind in REACH_MS}
    line = {
        kind: {
            "trials": trials,
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
    print(
        json.dumps({"benchmark": "kill_switch", "load_at_start": round(load, 1), "processors": os.cpu_count(), **line})
    )
    return all(row["holds"] for row in line.values())


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kill_switch")
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--chaos", choices=list(REACH_MS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.chaos:
        chaos(given.chaos, given.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if measure(given.trials, Path(folder)) else 1)


if __name__ == "__main__":
    main()
