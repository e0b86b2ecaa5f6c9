"""Real experiments ended by force at each of their steps: nothing stays in force, nothing stays up, the run is VOID."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import Evidence, read
from harness.keeping.processes import Identity
from harness.many import CHAOS_RUN
from harness.waiting import until

pytestmark = pytest.mark.world
STAGE = Path(__file__).parent / "stage"
UP_WITHIN_S = 60.0
GONE_WITHIN_S = 30.0
LEASE_WITHIN_S = 60.0  # a lease outlasts its fault by half a minute


def waits(name: str, kind: str) -> dict[str, Any]:
    provider = {"type": "python", "module": "mischief", "func": "hang", "arguments": {"seconds": 60}}
    return {"type": kind, "name": name, "provider": provider}


def fault(name: str, func: str, **arguments: Any) -> dict[str, Any]:
    module = f"actions.{func.partition('_')[2]}"
    provider = {"type": "python", "module": module, "func": func, "arguments": arguments}
    return {"type": "action", "name": name, "provider": provider}


BREAK = fault("break", "inject_api_latency", delay_ms=3000, seconds=600)
HEAL = fault("heal", "clear_api_latency")
QUIET = {
    "type": "probe",
    "name": "quiet",
    "tolerance": 1,
    "provider": {"type": "python", "module": "mischief", "func": "hang", "arguments": {"seconds": 0}},
}


class Run:
    """A `chaos run` in the background, whose evidence says how far it is."""

    def __init__(self, folder: Path, given: dict[str, Any]) -> None:
        content = {
            "title": "An experiment that is ended by force",
            "description": "Slows the API down until somebody ends it.",
            "controls": [{"name": "deskstorm", "provider": {"type": "python", "module": "harness.control"}}],
            "configuration": {"agents": 2, "time_scale": 0.05, "seed": 3},
            "steady-state-hypothesis": {"title": "up", "probes": [QUIET, *given.get("hypothesis", ())]},
            "method": list(given.get("method", (BREAK,))),
            "rollbacks": list(given.get("rollbacks", (HEAL,))),
            "runtime": {"rollbacks": {"strategy": "always"}},
            "extensions": [{"name": "deskstorm", "guard": given.get("guard", []), **given.get("extension", {})}],
        }
        path = folder / "forced.json"
        path.write_text(json.dumps(content))
        self.folder = folder / "runs" / "it"
        self.state = folder / "state"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(STAGE),
            "DESKSTORM_RUNS": str(folder / "runs"),
            "DESKSTORM_RUN": "it",
            "DESKSTORM_STATE": str(self.state),
        }
        self.log = (folder / "chaos.log").open("wb")
        self.process = subprocess.Popen(
            [*CHAOS_RUN, str(folder / "journal.json"), str(path)],
            env=self.environment,
            stdout=self.log,
            stderr=self.log,
        )

    @property
    def evidence(self) -> Evidence:
        return read(self.folder / "evidence")

    def reaches(self, name: str) -> None:
        """Wait until the activity `name` has started."""
        until(lambda: self.evidence.last("activity.started", name=name), f"activity {name}", UP_WITHIN_S)

    def child(self, name: str) -> int:
        """The process id of one process of the world."""
        started = until(lambda: self.evidence.last("process.started", name=name), name, UP_WITHIN_S)
        assert started is not None
        return int(started["pid"])

    def keeper(self) -> int:
        """The keeper's process id."""
        return int(json.loads((self.state / "it" / "keeper.json").read_text())["pid"])

    def processes(self) -> list[Identity]:
        """Every process of the world that is alive."""
        pids = [entry["pid"] for entry in self.evidence.of("process.started")]
        return [identity for pid in pids if (identity := Identity.of(pid)) is not None]

    def verdict(self) -> dict[str, Any]:
        """The verdict, once there is one."""
        path = self.folder / "verdict.json"
        until(path.exists, "a verdict", GONE_WITHIN_S)
        found: dict[str, Any] = json.loads(path.read_text())
        return found

    def leaves_nothing(self, alive: list[Identity]) -> None:
        """Everything of the run is gone: its processes, its state, its faults."""
        until(lambda: not [one for one in alive if one.alive], "every process of the world to end", GONE_WITHIN_S)
        until(lambda: not (self.state / "it").exists(), "the state of the run to go", GONE_WITHIN_S)
        evidence = self.evidence
        held = {entry["lease"] for entry in evidence.of("lease.held")}
        let_go = {entry["lease"] for entry in evidence.of("lease.released")}
        undone = {entry["lease"] for entry in evidence.of("lease.undone") if entry["verified"]}
        assert held == let_go | undone

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.log.close()


@pytest.fixture
def forced(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    started: list[Run] = []

    def start(**given: Any) -> Run:
        started.append(Run(tmp_path, given))
        return started[0]

    yield start
    for run in started:
        run.close()


STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "before the fault": ({"hypothesis": (waits("step", "probe") | {"tolerance": 1},)}, "step"),
    "during the injection": ({}, "break"),
    "while the fault is in force": ({"method": (BREAK, waits("step", "action"))}, "step"),
    "after the clearing": ({"method": (BREAK, HEAL, waits("step", "action"))}, "step"),
    "during the rollbacks": ({"rollbacks": (waits("step", "action"), HEAL)}, "step"),
}


@pytest.mark.parametrize("step", STEPS)
def test_sigkill_at_any_step_leaves_nothing_and_is_void(forced: Callable[..., Run], step: str) -> None:
    given, name = STEPS[step]
    run = forced(**given)
    run.reaches(name)
    alive = run.processes()
    assert len(alive) == 4
    run.process.kill()
    found = run.verdict()
    assert found["verdict"] == "VOID"
    assert "the chaos process ended without finishing the run" in found["reasons"][0]
    run.leaves_nothing(alive)


def test_ctrl_c_clears_the_fault_and_is_void(forced: Callable[..., Run]) -> None:
    run = forced(method=(BREAK, waits("step", "action")))
    run.reaches("step")
    alive = run.processes()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(GONE_WITHIN_S) != 0
    assert run.verdict()["verdict"] == "VOID"
    run.leaves_nothing(alive)


def test_a_hung_chaos_process_keeps_nothing_in_force_beyond_its_lease(forced: Callable[..., Run]) -> None:
    short = fault("break", "inject_api_latency", delay_ms=1000, seconds=60)  # 3 s here
    run = forced(method=(short, waits("step", "action")))
    run.reaches("step")
    run.process.send_signal(signal.SIGSTOP)
    until(lambda: run.evidence.last("fault.disarmed", why="time"), "the fault's own time limit", GONE_WITHIN_S)
    until(lambda: run.evidence.of("lease.undone"), "the keeper to undo the lease", LEASE_WITHIN_S)
    run.process.send_signal(signal.SIGCONT)
    assert run.process.wait(GONE_WITHIN_S) != 0
    found = run.verdict()
    assert found["verdict"] == "VOID"
    assert "lease" in " ".join(found["reasons"])


def test_a_killed_keeper_takes_the_world_with_it_and_the_run_is_void(forced: Callable[..., Run]) -> None:
    run = forced(method=(BREAK, waits("step", "action")))
    run.reaches("step")
    alive = run.processes()
    os.kill(run.keeper(), signal.SIGKILL)
    assert run.process.wait(GONE_WITHIN_S) != 0
    found = run.verdict()
    assert found["verdict"] == "VOID"
    assert "the keeper ended" in " ".join(found["reasons"])
    until(lambda: not [one for one in alive if one.alive], "every process of the world to end", GONE_WITHIN_S)


def test_a_killed_proxy_stops_the_run_and_is_void(forced: Callable[..., Run]) -> None:
    run = forced(method=(BREAK, waits("step", "action")))
    run.reaches("step")
    alive = run.processes()
    os.kill(run.child("wire"), signal.SIGKILL)
    assert run.process.wait(GONE_WITHIN_S) != 0
    found = run.verdict()
    assert found["verdict"] == "VOID"
    assert "wire" in " ".join(found["reasons"])
    run.leaves_nothing(alive)


def test_the_red_button_clears_first_and_the_run_is_void(forced: Callable[..., Run]) -> None:
    run = forced(method=(BREAK, waits("step", "action")))
    run.reaches("step")
    alive = run.processes()
    words = [sys.executable, "-m", "harness.cli", "stop"]
    done = subprocess.run(words, env=run.environment, capture_output=True, text=True, timeout=GONE_WITHIN_S)
    assert "api_latency undone" in done.stdout
    assert run.process.wait(GONE_WITHIN_S) != 0
    found = run.verdict()
    assert found["verdict"] == "VOID"
    assert "deskstorm stop" in " ".join(found["reasons"])
    run.leaves_nothing(alive)


def test_a_breached_guard_ends_the_run_and_is_a_finding(forced: Callable[..., Run]) -> None:
    strict = [{"measure": "api_p99_ms", "limit": 500, "for_s": 60}]
    run = forced(method=(BREAK, waits("step", "action")), guard=strict)
    run.reaches("step")
    alive = run.processes()
    assert run.process.wait(UP_WITHIN_S) != 0
    found = run.verdict()
    assert found["verdict"] == "FAIL"
    assert found["reasons"][0].startswith("guard: api_p99_ms above 500 for 60 s")
    evidence = run.evidence
    breach, undone = evidence.of("guard.breach")[0], evidence.of("lease.undone")[0]
    assert breach.t < undone.t
    assert undone["verified"] is True
    run.leaves_nothing(alive)


def test_a_guard_that_is_not_understood_is_void_and_named(forced: Callable[..., Run]) -> None:
    run = forced(guard=[{"measure": "happiness", "limit": 1, "for_s": 2}])
    assert run.process.wait(UP_WITHIN_S) != 0
    found = run.verdict()
    assert found["verdict"] == "VOID"
    assert "guard measure: expected one of" in " ".join(found["reasons"])


@pytest.mark.parametrize("broken", ["tracker_killed", "tracker_paused"])
def test_a_tracker_is_brought_back_before_its_world_is_taken_down(forced: Callable[..., Run], broken: str) -> None:
    method = (fault("break", f"inject_{broken}", seconds=600), waits("step", "action"))
    run = forced(method=method, extension={"tracker": {}})
    run.reaches("step")
    alive = run.processes()
    run.process.kill()
    assert run.verdict()["verdict"] == "VOID"
    run.leaves_nothing(alive)
    undone = run.evidence.last("lease.undone", fault=broken)
    assert undone is not None
    assert (undone["verified"], undone["problem"]) == (True, "")
    assert run.evidence.last("process.ended", name="tracker", how="stdin") is not None
    until(lambda: not run.processes(), "the tracker that was started again to end", GONE_WITHIN_S)
