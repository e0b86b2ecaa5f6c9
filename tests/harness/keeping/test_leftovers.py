"""What dead keepers left behind is cleaned up by the next start, by `deskstorm stop` and by `deskstorm doctor`."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.keeping import leftovers, state
from harness.keeping.keeper import start_keeper
from harness.keeping.processes import Identity
from harness.keeping.undo import Lease, Undo, UndoLog
from harness.waiting import until

pytestmark = pytest.mark.world
LIMIT_S = 20.0


def kill(pid: int) -> None:
    """End a process at once and see it gone."""
    os.kill(pid, signal.SIGKILL)
    until(lambda: Identity.of(pid) is None, f"process {pid} to end", LIMIT_S)


def both_killed(chaos: Any) -> None:
    """Neither the chaos process nor its keeper can do anything any more."""
    kill(chaos.reached["keeper"])
    chaos.process.kill()
    chaos.process.wait()
    assert chaos.fault.exists()


def test_the_doctor_undoes_what_a_dead_run_left_in_force(holding: Any, state_folder: Path) -> None:
    chaos = holding()
    both_killed(chaos)
    lines = leftovers.inspect()
    assert "run run: touching was left in force and is undone" in lines
    assert not chaos.fault.exists()
    assert Identity.of(chaos.reached["child"]) is None
    assert chaos.verdict() == {"verdict": "VOID", "reasons": ["the keeper died before the end of the run"]}
    assert list(state_folder.iterdir()) == []
    assert leftovers.inspect() == []


def test_the_next_start_undoes_what_a_dead_run_left_in_force(holding: Any, tmp_path: Path) -> None:
    chaos = holding()
    both_killed(chaos)
    other = start_keeper(tmp_path / "other")
    assert not chaos.fault.exists()
    assert chaos.verdict() is not None
    other.finish()


def test_a_child_that_outlived_its_keeper_is_ended(holding: Any) -> None:
    chaos = holding()
    os.kill(chaos.reached["child"], signal.SIGSTOP)  # hung: it does not notice that its life line is cut
    both_killed(chaos)
    assert Identity.of(chaos.reached["child"]) is not None
    assert "run run: process child was left running and is ended" in leftovers.inspect()
    assert Identity.of(chaos.reached["child"]) is None


def test_stop_throws_the_kill_switch_of_every_live_run(holding: Any) -> None:
    one, other = holding("one"), holding("other")
    assert leftovers.stop_all() == ["run one: touching undone", "run other: touching undone"]
    assert not one.fault.exists()
    assert not other.fault.exists()
    assert one.word() == other.word() == {"stopped": "deskstorm stop"}
    assert one.finish() == {"finished": []}


def test_stop_works_on_a_hung_keeper(holding: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.keeping.leftovers.STOP_WITHIN_S", 0.3)
    chaos = holding()
    os.kill(chaos.reached["keeper"], signal.SIGSTOP)
    lines = leftovers.stop_all()
    assert lines[0] == "run run: its keeper did not answer and was ended"
    assert "run run: touching was left in force and is undone" in lines
    assert not chaos.fault.exists()


def test_the_doctor_leaves_live_runs_alone(holding: Any) -> None:
    chaos = holding()
    assert leftovers.inspect() == []
    assert chaos.fault.exists()
    assert leftovers.stop_all() == ["run run: touching undone"]


def test_with_nothing_there_nothing_is_done(state_folder: Path) -> None:
    assert leftovers.stop_all() == []
    assert leftovers.inspect() == []


def test_what_cannot_be_cleared_stays_on_record_until_it_can(tmp_path: Path, state_folder: Path) -> None:
    run, lock = state.create("dead")
    log = UndoLog(run.undo_log)
    for name, function in (("stays", "clear_never"), ("goes", "clear_touching")):
        undo = Undo("touching", function, {"path": str(tmp_path / name)})
        log.held(Lease(name, name, undo))
    log.close()
    os.close(lock)
    hint = f"see to it yourself, then remove {run.folder}"
    problem = f"run dead: stays is NOT CLEARED: RuntimeError: stays stays; {hint}"
    assert leftovers.inspect() == ["run dead: goes was left in force and is undone", problem]
    assert leftovers.stop_all() == [problem]
    assert leftovers.replay_all(again=False) == []
    run.remove()


def test_a_verdict_that_is_there_is_never_replaced(tmp_path: Path) -> None:
    assert leftovers.void_unless_judged(tmp_path, ["one"])
    assert not leftovers.void_unless_judged(tmp_path, ["two"])
    assert json.loads((tmp_path / "verdict.json").read_text())["reasons"] == ["one"]
    assert not leftovers.void_unless_judged(tmp_path / "nowhere", ["three"])
    assert [path.name for path in tmp_path.iterdir()] == ["verdict.json"]


def test_the_world_file_is_that_of_the_only_run_or_of_the_one_named(tmp_path: Path, state_folder: Path) -> None:
    with pytest.raises(BadInput, match=r"run: expected a running world \(there is none\), found None"):
        leftovers.world_file()
    one, other = start_keeper(tmp_path / "one"), start_keeper(tmp_path / "other")
    for holder in (one, other):
        (holder.state / "world.json").touch()
    assert leftovers.world_file("one") == state_folder / "one" / "world.json"
    with pytest.raises(BadInput, match=r"run: expected a running world \(one, other\), found None"):
        leftovers.world_file()
    other.finish()
    assert leftovers.world_file() == state_folder / "one" / "world.json"
    one.finish()
