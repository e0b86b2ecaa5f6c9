"""How long an experiment takes beyond its own waits, the start and end of its world included.

Its own waits are the observations and the probes of its method. What is left is ours: starting Chaos Toolkit, keeper
and world, desktops coming up, proving and clearing faults, judging, the review, taking everything down. Reach: at most
4 s for the median of the trials.

`python -m benchmarks.experiment_overhead [--trials N] [--experiment PATH]`
"""

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.evidence import Entry, read
from harness.many import Order, Runs

REACH_S = 4.0
WAITS = ("actions.observe.", "probes.")
SECOND = 1e9


def waits_s(entries: tuple[Entry, ...]) -> float:
    """Seconds that the method spent in observations and probes."""
    total, began = 0, 0
    for entry in entries:
        if entry.kind == "activity.started":
            began = entry.t
        elif entry.kind == "activity.ended" and entry["phase"] == "method" and entry["function"].startswith(WAITS):
            total += entry.t - began
    return total / SECOND


def main() -> None:
    """Run the trials one after the other and print what they took."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--trials", type=int, default=5)
    asked.add_argument("--experiment", type=Path, default=Path("experiments/websocket_stall.json"))
    given = asked.parse_args()
    table = Table("trial", "verdict", "wall s", "own waits s", "beyond s", title=f"{given.experiment.stem}: overhead")
    beyond = []
    with tempfile.TemporaryDirectory() as folder:
        for trial in range(1, given.trials + 1):
            order = Order(given.experiment, seed=trial, runs=Path(folder))
            outcome = Runs().all([order])[0]
            waits = waits_s(read(outcome.folder / "evidence").entries)
            beyond.append(outcome.seconds - waits)
            figures = (outcome.seconds, waits, beyond[-1])
            table.add_row(str(trial), str(outcome.verdict), *(f"{figure:.2f}" for figure in figures))
    Console().print(table)
    median = statistics.median(beyond)
    result = {
        "benchmark": "experiment_overhead",
        "experiment": given.experiment.stem,
        "beyond_s": [round(seconds, 2) for seconds in beyond],
        "median_s": round(median, 2),
        "reach_s": REACH_S,
        "reached": median <= REACH_S,
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
