"""Chaos Toolkit ends green on nothing in many ways; each is a real `chaos run` here, and ours is red or void."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.many import CHAOS_RUN

pytestmark = pytest.mark.world
STAGE = Path(__file__).parent / "stage"
LIMIT_S = 120


def python(name: str, kind: str, module: str, func: str, **rest: Any) -> dict[str, Any]:
    arguments = rest.pop("arguments", {})
    provider = {"type": "python", "module": module, "func": func, "arguments": arguments}
    return {"type": kind, "name": name, "provider": provider, **rest}


def mischief(name: str, kind: str, func: str, **rest: Any) -> dict[str, Any]:
    return python(name, kind, "mischief", func, **rest)


CONNECTED = python(
    "desktops are connected",
    "probe",
    "probes.share_of_desktops_connected",
    "share_of_desktops_connected",
    arguments={"within_s": 60},
    tolerance={"type": "range", "range": [1.0, 1.0]},
)
BREAK = python("slow the API down", "action", "actions.api_latency", "inject_api_latency", arguments={"delay_ms": 1000})
HEAL = python("let the API be", "action", "actions.api_latency", "clear_api_latency")
CALM = mischief("all is calm", "probe", "answer", arguments={"value": 1}, tolerance=1)


def experiment(**changes: Any) -> dict[str, Any]:
    return {
        "title": "A small experiment",
        "description": "Slows the API down for a moment.",
        "controls": [{"name": "deskstorm", "provider": {"type": "python", "module": "harness.control"}}],
        "configuration": {"agents": 2, "time_scale": 0.05, "seed": 3},
        "steady-state-hypothesis": {"title": "up", "probes": [CONNECTED]},
        "method": [BREAK, HEAL, CALM],
        "rollbacks": [HEAL],
        "runtime": {"rollbacks": {"strategy": "always"}},
        **changes,
    }


class Ran:
    """One real `chaos run`: its exit code, what it printed, and the verdict and journal it left."""

    def __init__(self, folder: Path, content: dict[str, Any], *options: str, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "small.json"
        path.write_text(json.dumps(content))
        self.done = subprocess.run(
            [*CHAOS_RUN, str(folder / "journal.json"), *options, str(path)],
            env={
                **os.environ,
                "PYTHONPATH": str(STAGE),
                "DESKSTORM_RUNS": str(folder / "runs"),
                "DESKSTORM_RUN": "it",
                "DESKSTORM_STATE": str(folder / "state"),
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        self.code = self.done.returncode
        self.folder = folder / "runs" / "it"
        self.journal_text = (folder / "journal.json").read_text() if (folder / "journal.json").exists() else ""

    @property
    def verdict(self) -> str:
        return str(json.loads((self.folder / "verdict.json").read_text())["verdict"])

    @property
    def reasons(self) -> str:
        return "; ".join(json.loads((self.folder / "verdict.json").read_text())["reasons"])

    def must_be(self, verdict: str, words: str) -> None:
        __tracebackhide__ = True
        assert self.code != 0, self.done.stderr
        assert (self.verdict, words in self.reasons) == (verdict, True), self.reasons + self.done.stderr


def test_a_healthy_run_passes_with_exit_code_0_and_is_judged_the_same_again(tmp_path: Path) -> None:
    ran = Ran(tmp_path, experiment())
    assert (ran.code, ran.verdict) == (0, "PASS"), ran.reasons + ran.done.stderr
    before = json.loads((ran.folder / "verdict.json").read_text())
    (ran.folder / "review.html").unlink()
    again = [sys.executable, "-m", "harness.cli", "review", str(ran.folder)]
    assert "PASS: all" in subprocess.run(again, capture_output=True, text=True, timeout=LIMIT_S).stdout
    assert json.loads((ran.folder / "verdict.json").read_text()) == before
    assert (ran.folder / "review.html").exists()


def test_a_steady_state_that_does_not_hold_at_the_start_is_void(tmp_path: Path) -> None:
    sick = mischief("sick", "probe", "answer", arguments={"value": 0}, tolerance=1)
    ran = Ran(tmp_path, experiment(**{"steady-state-hypothesis": {"title": "up", "probes": [sick]}}))
    ran.must_be("VOID", "the steady state did not hold at the start: sick found 0")


@pytest.mark.parametrize(
    ("action", "why"),
    [
        (mischief("act", "action", "go_wrong"), "act could not be carried out: RuntimeError: nothing works here"),
        (mischief("act", "action", "answer", arguments={"value": False}), "act answered that it did nothing"),
        (
            {"type": "action", "name": "act", "provider": {"type": "process", "path": "/bin/false"}},
            "act could not be carried out: exit code 1",
        ),
        (mischief("act", "action", "dream"), "a coroutine function, which is never awaited"),
    ],
    ids=["raises", "answers false", "process fails", "is never awaited"],
)
def test_an_action_that_does_nothing_is_void(tmp_path: Path, action: dict[str, Any], why: str) -> None:
    Ran(tmp_path, experiment(method=[action, CALM])).must_be("VOID", why)


def test_a_rollback_that_raises_is_void(tmp_path: Path) -> None:
    ran = Ran(tmp_path, experiment(rollbacks=[mischief("heal", "action", "go_wrong")]))
    ran.must_be("VOID", "heal could not be carried out: RuntimeError: nothing works here")


@pytest.mark.parametrize("strategy", ["during-method-only", "continuously"])
def test_a_deviation_seen_only_during_the_method_is_no_pass(tmp_path: Path, strategy: str) -> None:
    flips = mischief("calm", "probe", "flip", arguments={"path": str(tmp_path / "count")}, tolerance=1)
    waits = mischief("wait", "action", "hang", arguments={"seconds": 2})
    content = experiment(**{"steady-state-hypothesis": {"title": "up", "probes": [flips]}, "method": [waits, CALM]})
    ran = Ran(tmp_path, content, "--hypothesis-strategy", strategy, "--hypothesis-frequency", "0.2")
    assert ran.code != 0, ran.done.stderr
    assert ran.verdict in ("FAIL", "VOID")


def test_sigterm_during_an_activity_is_void(tmp_path: Path) -> None:
    terminated = mischief("act", "action", "raise_signal", arguments={"number": int(signal.SIGTERM)})
    ran = Ran(tmp_path, experiment(method=[terminated, CALM]))
    assert (ran.code != 0, ran.verdict) == (True, "VOID"), ran.reasons


def test_the_tolerance_of_a_probe_in_the_method_is_judged(tmp_path: Path) -> None:
    wrong = mischief("errors", "probe", "answer", arguments={"value": 7}, tolerance=0)
    Ran(tmp_path, experiment(method=[BREAK, wrong, HEAL])).must_be("FAIL", "errors: expected 0, found 7")


def test_one_is_not_true(tmp_path: Path) -> None:
    one = mischief("is it so", "probe", "answer", arguments={"value": 1}, tolerance=True)
    Ran(tmp_path, experiment(method=[BREAK, one, HEAL])).must_be("FAIL", "is it so: expected True, found 1")


def test_a_timeout_that_chaos_toolkit_does_not_enforce_is_enforced_by_the_keeper(tmp_path: Path) -> None:
    hangs = mischief("act", "action", "hang", arguments={"seconds": 100}, timeout=1)
    content = experiment(method=[BREAK, hangs], extensions=[{"name": "deskstorm", "longest_wall_s": 8}])
    Ran(tmp_path, content).must_be("VOID", "longer than its 8 s")


def test_a_name_without_a_value_is_refused(tmp_path: Path) -> None:
    odd = {**BREAK, "provider": {**BREAK["provider"], "arguments": {"agents": "${agnets}"}}}
    Ran(tmp_path, experiment(method=[odd, CALM])).must_be("VOID", "agnets")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--dry", "activities"), "a dry run carries nothing out"),
        (("--rollback-strategy", "never"), "let the API be (rollback) was never carried out"),
        (("--hypothesis-strategy", "before-method-only"), "the steady state was not checked after the fault"),
        (("--hypothesis-strategy", "after-method-only"), "the steady state was not checked before the fault"),
    ],
    ids=["dry", "no rollbacks", "no hypothesis after", "no hypothesis before"],
)
def test_a_run_that_leaves_something_out_is_void(tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    Ran(tmp_path, experiment(rollbacks=[HEAL], method=[BREAK, CALM, HEAL]), *options).must_be("VOID", why)


def test_an_experiment_without_a_fault_seen_is_void(tmp_path: Path) -> None:
    ran = Ran(tmp_path, experiment(), DESKSTORM_SABOTAGE="api_latency")
    ran.must_be("VOID", "api_latency was never seen in force on the data path")


def test_a_world_that_cannot_come_up_is_void_and_says_why(tmp_path: Path) -> None:
    world = tmp_path / "org.json"
    world.write_text("{}")
    Ran(tmp_path, experiment(), DESKSTORM_WORLD=str(world)).must_be("VOID", "expected values for")


def test_secrets_are_not_written_into_the_journal(tmp_path: Path) -> None:
    content = experiment(
        secrets={"org": {"key": {"type": "env", "key": "PLANTED"}}},
        configuration={
            "agents": 2,
            "time_scale": 0.05,
            "seed": 3,
            "dynamic": mischief("dynamic", "probe", "answer", arguments={"value": 1}),
        },
        method=[
            BREAK,
            mischief("tell", "probe", "answer", arguments={"value": "key=${key} Bearer planted-token-99"}),
            HEAL,
            CALM,
        ],
    )
    ran = Ran(tmp_path, content, PLANTED="planted-secret-42")
    written = [path for path in ran.folder.rglob("*") if path.is_file()]
    texts = [ran.journal_text, *(path.read_text(errors="replace") for path in written)]
    assert len(written) > 5
    assert not [text for text in texts if "planted-secret-42" in text or "planted-token-99" in text]
