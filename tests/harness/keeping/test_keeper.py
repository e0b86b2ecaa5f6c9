"""The keeper un-breaks what was broken, whatever becomes of the processes around it."""

import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness import evidence
from harness.errors import BadInput, Refused, Unreachable
from harness.keeping import state
from harness.keeping.keeper import Holder, start_keeper
from harness.keeping.lease import KeeperClient
from harness.keeping.processes import Identity
from harness.keeping.undo import Undo, open_leases
from harness.waiting import until

pytestmark = pytest.mark.world

LIMIT_S = 20.0
READY = "import json, sys; print(json.dumps({'ready': 'child'}), flush=True); "
CHILD = [sys.executable, "-c", READY + "sys.stdin.read()"]
DYING = [sys.executable, "-c", READY + "sys.stdin.readline(); sys.exit(7)"]
HANGING = [
    sys.executable,
    "-c",
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + READY + "signal.pause()",
]


def touching(path: Path, function: str = "clear_touching") -> Undo:
    """The undo of a fault that is in force while `path` exists."""
    return Undo("touching", function, {"path": str(path)})


def gone(state_folder: Path) -> Callable[[], bool]:
    """Whether no run's state is left."""
    return lambda: not list(state_folder.iterdir())


def kinds(folder: Path) -> list[str]:
    """The kinds of the keeper's evidence, in order; it has to be whole."""
    found = evidence.read(folder / "evidence")
    assert not found.gaps
    assert not found.unclosed
    return [entry.kind for entry in found.entries]


@pytest.fixture
def keeper(tmp_path: Path, state_folder: Path) -> Iterator[Holder]:
    """The keeper of a run that this process holds for 30 s."""
    holder = start_keeper(tmp_path / "run")
    holder.hold_run(30)
    yield holder
    holder.close()


@pytest.mark.parametrize("step", ["held", "leased", "applied", "confirmed"])
def test_a_killed_chaos_process_leaves_nothing_and_is_void(step: str, holding: Any, state_folder: Path) -> None:
    chaos = holding(step=step)
    chaos.process.send_signal(signal.SIGKILL)
    until(gone(state_folder), "the run's state to go", LIMIT_S)
    assert not chaos.fault.exists()
    assert Identity.of(chaos.reached["child"]) is None
    assert chaos.verdict() == {"verdict": "VOID", "reasons": ["the chaos process ended without finishing the run"]}
    assert kinds(chaos.folder)[-1] == evidence.CLOSED


def test_a_hung_chaos_process_loses_its_lease_and_then_its_run(holding: Any, state_folder: Path) -> None:
    chaos = holding(lease_s=2, seconds=30)
    chaos.process.send_signal(signal.SIGSTOP)
    until(lambda: not chaos.fault.exists(), "the fault to be cleared", LIMIT_S)
    chaos.process.send_signal(signal.SIGCONT)
    assert chaos.word() == {"stopped": "the lease of touching ran out after 2 s"}
    assert chaos.finish() == {"finished": []}


def test_a_run_that_takes_too_long_is_stopped_and_told_so(holding: Any) -> None:
    chaos = holding(seconds=3, signal=signal.SIGUSR1)
    words = [chaos.word(), chaos.word()]
    assert {"stopped": "the run took longer than its 3 s"} in words
    assert {"signal": signal.SIGUSR1} in words
    assert not chaos.fault.exists()


def test_a_stopped_run_that_never_finishes_is_ended_and_void(tmp_path: Path, state_folder: Path) -> None:
    holder = start_keeper(tmp_path / "run")
    holder.hold_run(30, grace_s=0.3)
    holder.spawn("child", CHILD)
    holder.stop("the red button")
    until(gone(state_folder), "the run's state to go", LIMIT_S)
    holder.close()
    verdict = json.loads((tmp_path / "run" / "verdict.json").read_text())
    assert verdict["verdict"] == "VOID"
    assert verdict["reasons"] == ["the red button; the run's own process did not finish afterwards"]


def test_a_process_that_never_gets_ready_ends_with_its_run(tmp_path: Path, state_folder: Path) -> None:
    holder = start_keeper(tmp_path / "run")
    holder.hold_run(30)
    never = [sys.executable, "-c", "import sys; sys.stdin.read(); sys.exit(2)"]
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(holder.spawn, "child", never)
        until(lambda: holder.in_force()["processes"], "the child to start", LIMIT_S)
        holder.close()
        until(gone(state_folder), "the run's state to go", LIMIT_S)
        assert isinstance(asked.exception(LIMIT_S), Refused | Unreachable)
    assert kinds(tmp_path / "run").count("process.ended") == 1


def ground(path: Path, function: str = "clear_touching") -> tuple[str, Undo, Undo]:
    """What processes stand on while `path` exists: its name, how it is made and how it is taken away."""
    return "the ground", touching(path, "touch"), touching(path, function)


def test_ground_is_there_before_processes_and_goes_after_them(keeper: Holder, tmp_path: Path) -> None:
    assert keeper.lay_ground(*ground(tmp_path / "laid")) == ["laid", "run", "state"]
    keeper.spawn("child", CHILD)
    keeper.stop("the red button")
    assert (tmp_path / "laid").exists()
    assert keeper.finish() == []
    assert not (tmp_path / "laid").exists()
    told = kinds(tmp_path / "run")
    assert told.index("ground.held") < told.index("ground.laid") < told.index("process.started")
    assert told.index("process.ended") < told.index("ground.cleared")


def test_ground_of_an_abandoned_run_goes_at_once(tmp_path: Path, state_folder: Path) -> None:
    holder = start_keeper(tmp_path / "run")
    holder.hold_run(30)
    holder.lay_ground(*ground(tmp_path / "laid"))
    holder.spawn("child", CHILD)
    holder.close()
    until(gone(state_folder), "the run's state to go", LIMIT_S)
    assert not (tmp_path / "laid").exists()
    told = kinds(tmp_path / "run")
    assert told.index("ground.cleared") < told.index("process.ended")


def test_ground_is_taken_away_last_laid_first(keeper: Holder, tmp_path: Path) -> None:
    for name in ("first", "second"):
        keeper.lay_ground(*ground(tmp_path / name))
    keeper.finish()
    assert [line.split()[0] for line in (tmp_path / "cleared").read_text().splitlines()] == ["second", "first"]


def test_ground_that_cannot_be_made_is_refused_in_words_and_cleared_in_case(keeper: Holder, tmp_path: Path) -> None:
    (tmp_path / "laid").touch()
    with pytest.raises(Refused, match=r"FileExistsError: .*laid"):
        keeper.lay_ground(*ground(tmp_path / "laid"))
    assert keeper.finish() == []
    assert not (tmp_path / "laid").exists()


def test_ground_whose_undo_cannot_be_called_is_never_made(keeper: Holder, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"undo touching\.no_such: expected a function"):
        keeper.lay_ground(*ground(tmp_path / "laid", "no_such"))
    assert not (tmp_path / "laid").exists()


def test_no_ground_is_made_for_a_run_that_was_stopped(keeper: Holder, tmp_path: Path) -> None:
    keeper.stop("the red button")
    with pytest.raises(Refused, match="the run was stopped: the red button"):
        keeper.lay_ground(*ground(tmp_path / "laid"))
    assert not (tmp_path / "laid").exists()


def test_ground_that_stays_is_told_and_kept_on_record(keeper: Holder, tmp_path: Path, state_folder: Path) -> None:
    keeper.lay_ground(*ground(tmp_path / "laid", "clear_never"))
    assert keeper.finish() == ["the ground was not seen cleared"]
    assert [lease.fault for lease in open_leases(state_folder / "run" / "undo.jsonl")] == ["the ground"]
    state.RunState(state_folder / "run").remove()


def test_two_runs_side_by_side_do_not_touch_each_other(holding: Any, state_folder: Path) -> None:
    one, other = holding("one"), holding("other")
    one.process.send_signal(signal.SIGKILL)
    until(lambda: not (state_folder / "one").exists(), "the state of the first to go", LIMIT_S)
    assert one.verdict() is not None
    assert not one.fault.exists()
    assert other.fault.exists()
    assert [folder.name for folder in state_folder.iterdir()] == ["other"]
    assert other.finish() == {
        "finished": ["touching was still in force at the end and had to be undone (never released)"]
    }
    assert other.verdict() is None


def test_a_keeper_that_is_asked_to_end_undoes_everything(holding: Any, state_folder: Path) -> None:
    chaos = holding()
    os.kill(chaos.reached["keeper"], signal.SIGTERM)
    assert chaos.word() == {"stopped": "the keeper was asked to end (SIGTERM)"}
    until(gone(state_folder), "the run's state to go", LIMIT_S)
    assert not chaos.fault.exists()
    verdict = chaos.verdict()
    assert verdict is not None
    assert verdict["verdict"] == "VOID"


def test_a_killed_keeper_is_noticed_at_once_and_takes_its_children_along(holding: Any) -> None:
    chaos = holding(signal=signal.SIGUSR1)
    os.kill(chaos.reached["keeper"], signal.SIGKILL)
    assert {"stopped": "the keeper ended"} in [chaos.word(), chaos.word()]
    until(lambda: Identity.of(chaos.reached["child"]) is None, "the child to end", LIMIT_S)


def test_an_orderly_run_leaves_only_its_evidence(keeper: Holder, tmp_path: Path, state_folder: Path) -> None:
    assert keeper.spawn("child", CHILD) == {"ready": "child"}
    lease = keeper.lease("touching", touching(tmp_path / "fault"), 30)
    keeper.confirm(lease)
    assert keeper.release(lease)
    assert not keeper.release(lease)
    assert keeper.finish() == []
    assert gone(state_folder)()
    assert keeper.summary["processes"][0]["how"] == "stdin"
    assert kinds(keeper.folder) == [
        "process.started",
        "lease.held",
        "lease.released",
        "process.ended",
        evidence.CLOSED,
    ]
    assert not (keeper.folder / "verdict.json").exists()


def test_a_run_that_is_yet_to_be_judged_is_void_until_then(keeper: Holder) -> None:
    keeper.finish(unjudged="it was never judged")
    verdict = json.loads((keeper.folder / "verdict.json").read_text())
    assert verdict == {"verdict": "VOID", "reasons": ["it was never judged"]}


def test_the_undo_is_on_disk_before_the_lease_is_answered(keeper: Holder, tmp_path: Path) -> None:
    lease = keeper.lease("touching", touching(tmp_path / "fault"), 30)
    line = json.loads((keeper.state / "undo.jsonl").read_text().strip())
    assert line["held"]["id"] == lease
    assert line["held"]["undo"] == {
        "module": "touching",
        "function": "clear_touching",
        "arguments": {"path": str(tmp_path / "fault")},
    }


def test_leases_are_undone_in_reverse_and_know_their_id(keeper: Holder, tmp_path: Path) -> None:
    leases = [keeper.lease("touching", touching(tmp_path / name), 30) for name in ("a", "b", "c")]
    undone = keeper.stop("enough")
    assert [(result["lease"], result["verified"]) for result in undone] == [(lease, True) for lease in leases[::-1]]
    cleared = (tmp_path / "cleared").read_text().split()
    assert cleared == ["c", leases[2], "b", leases[1], "a", leases[0]]


def test_after_a_stop_nothing_new_is_taken_on(keeper: Holder, tmp_path: Path) -> None:
    heard = threading.Event()
    keeper._on_stop = lambda _: heard.set()
    keeper.stop("enough")
    assert heard.wait(LIMIT_S)
    assert keeper.stopped == "enough"
    with pytest.raises(Refused, match="the run was stopped: enough"):
        keeper.lease("touching", touching(tmp_path / "fault"), 30)
    with pytest.raises(Refused, match="the run was stopped: enough"):
        keeper.spawn("child", CHILD)


def test_a_fault_that_is_applied_after_the_stop_is_undone_again(keeper: Holder, tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    lease = keeper.lease("touching", touching(fault), 30)
    keeper.stop("enough")
    fault.touch()
    with pytest.raises(Refused, match="touching was undone at once: the run was stopped: enough"):
        keeper.confirm(lease)
    assert not fault.exists()


def test_a_fault_that_is_applied_after_the_stop_and_never_confirmed_is_undone_at_the_end(
    keeper: Holder, tmp_path: Path
) -> None:
    fault = tmp_path / "fault"
    keeper.lease("touching", touching(fault), 30)
    keeper.stop("enough")
    fault.touch()
    keeper.finish()
    assert not fault.exists()


def test_a_lease_can_be_extended(keeper: Holder, tmp_path: Path) -> None:
    lease = keeper.lease("touching", touching(tmp_path / "fault"), 0.4)
    keeper.extend(lease, 30)
    assert keeper.in_force()["leases"][0]["left_s"] > 29


def test_a_child_that_dies_stops_the_run(keeper: Holder, tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    keeper.spawn("child", CHILD)
    keeper.confirm(keeper.lease("touching", touching(fault), 30))
    fault.touch()
    pid = keeper.in_force()["processes"][0]["pid"]
    os.kill(pid, signal.SIGKILL)
    until(lambda: keeper.stopped, "the run to be stopped", LIMIT_S)
    assert keeper.stopped == "process child ended (exit code -9)"
    assert not fault.exists()
    assert keeper.finish() == ["process child ended abnormally (exit code -9, itself)"]


def test_a_fault_that_lived_in_a_dead_process_is_gone_with_it(keeper: Holder, tmp_path: Path) -> None:
    keeper.spawn("child", CHILD)
    keeper.lease("touching", touching(tmp_path / "fault", "clear_never"), 30, lives_in="child")
    os.kill(keeper.in_force()["processes"][0]["pid"], signal.SIGKILL)
    until(lambda: keeper.stopped, "the run to be stopped", LIMIT_S)
    assert keeper.in_force()["leases"] == []


def test_a_fault_that_cannot_be_taken_back_goes_with_its_process(keeper: Holder, tmp_path: Path) -> None:
    keeper.spawn("child", CHILD)
    keeper.lease("touching", touching(tmp_path / "fault", "clear_never"), 30, lives_in="child")
    assert [result["verified"] for result in keeper.stop("enough")] == [True]
    assert not keeper.in_force()["processes"][0]["alive"]


def test_a_fault_that_cannot_be_taken_back_at_all_is_named_and_kept_on_disk(keeper: Holder, tmp_path: Path) -> None:
    keeper.lease("touching", touching(tmp_path / "fault", "clear_never"), 30)
    assert keeper.finish()[-1] == "touching was not seen cleared"
    assert "clear_never" in (keeper.state / "undo.jsonl").read_text()


def test_an_undo_that_fails_once_is_tried_again(keeper: Holder, tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    fault.touch()
    keeper.lease("touching", touching(fault, "clear_second_time"), 30)
    assert [result["verified"] for result in keeper.stop("enough")] == [True]
    assert not fault.exists()


def test_what_cannot_be_undone_is_never_leased(keeper: Holder, tmp_path: Path) -> None:
    for undo in (
        Undo("touching", "clear_nothing", {}),
        Undo("no_such_module", "clear", {}),
        Undo("touching", "clear_touching", {"pth": "x"}),
    ):
        with pytest.raises(Refused, match="expected a function that takes the arguments given"):
            keeper.lease("touching", undo, 30)
    with pytest.raises(Refused, match="lives_in: expected a process of this run"):
        keeper.lease("touching", touching(tmp_path / "fault"), 30, lives_in="wire")
    assert keeper.in_force()["leases"] == []


def test_several_children_start_at_the_same_time(keeper: Holder) -> None:
    slow = [sys.executable, "-c", "import threading; threading.Event().wait(0.5); " + READY + "sys.stdin.read()"]
    threads = [threading.Thread(target=keeper.spawn, args=(f"child{n}", slow)) for n in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: len(keeper.in_force()["processes"]) == 3, "all three to be on their way", LIMIT_S)
    for thread in threads:
        thread.join()
    assert keeper.finish() == []
    assert sorted(process["name"] for process in keeper.summary["processes"]) == ["child0", "child1", "child2"]


def test_a_child_that_does_not_start_says_why_and_nothing_is_left_of_it(keeper: Holder) -> None:
    with pytest.raises(Refused, match="child did not start: exit code 2: no port"):
        keeper.spawn("child", [sys.executable, "-c", "import sys; print('no port', file=sys.stderr); sys.exit(2)"])
    with pytest.raises(Refused, match=r"child did not start: no ready line within 0\.3 s"):
        keeper.spawn("child", [sys.executable, "-c", "input()"], within_s=0.3)
    with pytest.raises(Refused, match="a program that can be started"):
        keeper.spawn("child", ["/no/such/program"])
    assert keeper.in_force()["processes"] == []
    assert not keeper.stopped


def test_a_child_that_ignores_everything_is_killed_by_its_handle(keeper: Holder) -> None:
    keeper.spawn("child", HANGING)
    pid = keeper.in_force()["processes"][0]["pid"]
    assert keeper.end("child")["how"] == "killed"
    assert Identity.of(pid) is None
    assert keeper.finish() == ["process child ended abnormally (exit code -9, killed)"]


def test_a_child_ended_on_purpose_does_not_stop_the_run(keeper: Holder) -> None:
    keeper.spawn("child", CHILD)
    assert keeper.end("child")["code"] == 0
    assert keeper.spawn("child", CHILD) == {"ready": "child"}
    assert keeper.finish() == []


def test_a_second_holder_is_refused(keeper: Holder) -> None:
    with pytest.raises(Refused, match=f"the run is held by process {os.getpid()} already"):
        KeeperClient(keeper.socket).ask("hold_run", pid=1, seconds=1, grace_s=1, signal=0)


def test_an_unknown_request_is_refused_by_name(keeper: Holder) -> None:
    with pytest.raises(Refused, match=r"do: expected one of .*found 'dance'"):
        keeper.ask("dance")


def test_a_run_id_in_use_is_refused(keeper: Holder) -> None:
    with pytest.raises(BadInput, match="a run id that is not in use"):
        start_keeper(keeper.folder)


def test_a_run_folder_that_cannot_be_written_is_refused_and_nothing_runs(tmp_path: Path, state_folder: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file")
    with pytest.raises(BadInput, match="a folder that can be written"):
        start_keeper(blocked / "run")
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "evidence").write_text("a file")
    with pytest.raises(Unreachable, match="the keeper cannot write its evidence"):
        start_keeper(tmp_path / "half")
    assert gone(state_folder)()


def test_a_run_folder_that_vanishes_does_not_keep_a_fault_in_force(holding: Any, state_folder: Path) -> None:
    chaos = holding()
    (chaos.folder / "evidence" / "keeper.jsonl").unlink()
    (chaos.folder / "evidence").rmdir()
    chaos.folder.rename(chaos.folder.with_name("elsewhere"))
    chaos.process.send_signal(signal.SIGKILL)
    until(gone(state_folder), "the run's state to go", LIMIT_S)
    assert not chaos.fault.exists()


def test_a_full_disk_refuses_a_lease_and_keeps_no_fault_in_force(keeper: Holder, tmp_path: Path) -> None:
    fault = tmp_path / "fault"
    keeper.confirm(keeper.lease("touching", touching(fault, "clear_quietly"), 30))
    fault.touch()
    pid = json.loads((keeper.state / "keeper.json").read_text())["pid"]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (10, 10))  # no file of the keeper can grow any more
    with pytest.raises(Refused, match="File too large"):
        keeper.lease("touching", touching(tmp_path / "other"), 30)
    assert [result["verified"] for result in keeper.stop("enough")] == [True]
    assert not fault.exists()
    until(lambda: keeper.stopped, "the word of the keeper", LIMIT_S)
    assert keeper.finish() == []


def test_a_keeper_that_nobody_holds_ends_by_itself(tmp_path: Path, state_folder: Path) -> None:
    holder = start_keeper(tmp_path / "run", hold_within_s=0.3)
    assert not holder.in_force()["held"]
    until(gone(state_folder), "the run's state to go", LIMIT_S)
    holder.close()
    assert json.loads((tmp_path / "run" / "verdict.json").read_text())["reasons"] == ["nobody held the run"]


def test_a_client_without_a_keeper_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"the keeper at .*keeper\.sock did not answer"):
        KeeperClient(tmp_path / "keeper.sock").in_force()
