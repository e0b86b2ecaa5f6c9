"""Many experiments, each a `chaos run` in a process and a world of its own."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import BadInput
from harness.netlab import command as lab_command
from harness.verdict import Verdict
from harness.waiting import Waited, until

# The longest a single local experiment may take before it is ended from outside, and the grace for its keeper.
LONGEST_EXPERIMENT_S = 300.0
# In a network lab everything takes longer.
LONGEST_IN_LAB_S = 600.0
KEEPER_GRACE_S = 10.0
# `chaos run` without anything of the user's: no settings file, no look for newer versions, no log file.
CHAOS_RUN = (
    *(sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file"),
    *("--settings", os.devnull, "run", "--journal-path"),
)
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Order:
    """One experiment to run; `in_lab` under a kernel that has every network rule (harness.netlab)."""

    experiment: Path
    seed: int | None = None
    defect: str | None = None
    sabotage: str | None = None
    agents: int | None = None
    runs: Path = Path("runs")
    in_lab: bool = False

    def environment(self) -> dict[str, str]:
        """The DESKSTORM_ variables that say what is asked for."""
        asked = {
            "DESKSTORM_SEED": self.seed,
            "DESKSTORM_DEFECT": self.defect,
            "DESKSTORM_SABOTAGE": self.sabotage,
            "DESKSTORM_AGENTS": self.agents,
            "DESKSTORM_RUNS": self.runs.absolute(),
        }
        return {name: str(value) for name, value in asked.items() if value is not None}


@dataclass(frozen=True)
class Outcome:
    """How an order ended. `findings` are those of verdict.json; `seconds` is wall time."""

    order: Order
    verdict: Verdict
    reasons: tuple[str, ...]
    folder: Path
    seconds: float
    findings: tuple[dict[str, Any], ...] = field(default=())

    @property
    def caught_by(self) -> tuple[str, ...]:
        """The questions that were answered outside their limits."""
        return tuple(f["question"] for f in self.findings if f["verdict"] == Verdict.FAIL)


def check_experiments(paths: Iterable[Path]) -> None:
    """Refuse, before anything is started, what is not an experiment file that can be read."""
    for path in paths:
        try:
            found = json.loads(path.read_text())
        except OSError as error:
            raise BadInput(f"experiment {path}", "a file that can be read", error.strerror) from None
        except ValueError as error:
            raise BadInput(f"experiment {path}", "JSON", str(error)) from None
        if not isinstance(found, dict) or "method" not in found:
            raise BadInput(f"experiment {path}", "a Chaos Toolkit experiment with a method", type(found).__name__)
        if not any(c.get("provider", {}).get("module") == "harness.control" for c in found.get("controls", ())):
            raise BadInput(f"experiment {path}", "a control with module harness.control", found.get("controls"))


class Runs:
    """Runs orders, `parallel` at a time. `started(order, folder)` and `ended(outcome)` are told from other threads."""

    def __init__(
        self,
        parallel: int = 1,
        started: Callable[[Order, Path], None] = lambda order, folder: None,
        ended: Callable[[Outcome], None] = lambda outcome: None,
    ) -> None:
        self._parallel = parallel
        self._tell_started = started
        self._tell_ended = ended
        self._running: set[subprocess.Popen[bytes]] = set()
        self._interrupted = False

    def all(self, orders: Iterable[Order]) -> list[Outcome]:
        """Run every order; their outcomes in the same order."""
        with ThreadPoolExecutor(self._parallel) as pool:
            return list(pool.map(self._run, orders))

    def interrupt(self) -> None:
        """End what runs in order, as Ctrl-C would, and start nothing more."""
        self._interrupted = True
        for process in list(self._running):
            process.send_signal(signal.SIGINT)

    def _run(self, order: Order) -> Outcome:
        identity = f"{order.experiment.stem}-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}-{next(_numbers)}"
        folder = order.runs.absolute() / identity
        if self._interrupted:
            return Outcome(order, Verdict.VOID, ("it was not started: interrupted",), folder, 0.0)
        begun = time.monotonic()
        order.runs.mkdir(parents=True, exist_ok=True)
        log = order.runs / f"{identity}.log"
        code, why = self._chaos(order, folder, log)
        if folder.is_dir():
            log.replace(folder / "chaos.log")
        outcome = _outcome(order, folder, code, why, time.monotonic() - begun)
        self._tell_ended(outcome)
        return outcome

    def _chaos(self, order: Order, folder: Path, log: Path) -> tuple[int, str]:
        """The exit code of one `chaos run`, and why it was ended if it did not end by itself."""
        limit_s = LONGEST_IN_LAB_S if order.in_lab else LONGEST_EXPERIMENT_S
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    *(lab_command((order.runs.absolute(),), limit_s) if order.in_lab else ()),
                    *CHAOS_RUN,
                    str(folder / "chaos-journal.json"),
                    str(order.experiment.absolute()),
                ],
                env=os.environ | order.environment() | {"DESKSTORM_RUN": folder.name},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches it through `interrupt` alone
            )
            self._running.add(process)
            self._tell_started(order, folder)
            try:
                return process.wait(limit_s), ""
            except subprocess.TimeoutExpired:
                process.kill()
                return process.wait(), f"it took longer than {limit_s:g} s and was ended"
            finally:
                self._running.discard(process)


def _outcome(order: Order, folder: Path, code: int, why: str, seconds: float) -> Outcome:
    path = folder / "verdict.json"
    try:
        until(path.exists, "the keeper to write a verdict", KEEPER_GRACE_S if folder.is_dir() else 0)
        found = json.loads(path.read_text())
    except Waited:
        reason = why or f"the chaos process ended with exit code {code} and without a verdict; see {folder}"
        return Outcome(order, Verdict.VOID, (reason,), folder, seconds)
    verdict = Verdict(found["verdict"])
    reasons = tuple(found["reasons"])
    if (verdict is Verdict.PASS) != (code == 0):
        verdict, reasons = Verdict.VOID, (f"verdict {verdict} and exit code {code} contradict each other", *reasons)
    return Outcome(order, verdict, reasons, folder, seconds, tuple(found.get("findings", ())))
