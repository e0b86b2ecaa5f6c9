"""Undo records: on disk before the fault, found again after a crash, carried out in reverse."""

import os
from pathlib import Path

import pytest

from harness.errors import BadInput
from harness.keeping.undo import Lease, Undo, UndoLog, open_leases, undo_all

pytestmark = pytest.mark.usefixtures("state_folder")


def lease(path: Path, function: str = "clear_touching", lives_in: str | None = None) -> Lease:
    """A lease of the fault that is in force while `path` exists."""
    path.touch()
    return Lease(path.name, "touching", Undo("touching", function, {"path": str(path)}), lives_in)


def nothing_ended(name: str) -> bool:
    """No process has ended."""
    return False


def test_open_leases_are_those_without_a_line_that_they_are_done(tmp_path: Path) -> None:
    one, two = lease(tmp_path / "one", lives_in="wire"), lease(tmp_path / "two")
    log = UndoLog(tmp_path / "undo.jsonl")
    for held in (one, two):
        log.held(held)
    log.done("two")
    log.close()
    assert open_leases(tmp_path / "undo.jsonl") == [one]


def test_a_torn_last_line_does_not_hide_the_others(tmp_path: Path) -> None:
    one = lease(tmp_path / "one")
    path = tmp_path / "undo.jsonl"
    log = UndoLog(path)
    log.held(one)
    log.close()
    with path.open("a") as file:
        file.write('{"held": {"id": "tw')
    assert open_leases(path) == [one]
    assert open_leases(tmp_path / "nowhere") == []


def test_a_line_cut_short_does_not_spoil_the_next(tmp_path: Path) -> None:
    one = lease(tmp_path / "one")
    path = tmp_path / "undo.jsonl"
    path.write_text('{"held": {"id": "cut')
    log = UndoLog(path)
    log.held(one)
    log.close()
    assert open_leases(path) == [one]


def test_the_undo_log_is_for_its_owner_alone(tmp_path: Path) -> None:
    UndoLog(tmp_path / "undo.jsonl").close()
    assert (tmp_path / "undo.jsonl").stat().st_mode & 0o777 == 0o600


def test_leases_are_undone_in_reverse(tmp_path: Path) -> None:
    undone = undo_all([lease(tmp_path / name) for name in "abc"], "enough", nothing_ended)
    assert [(result.lease, result.verified, result.why) for result in undone] == [
        (name, True, "enough") for name in "cba"
    ]
    assert [line.split()[0] for line in (tmp_path / "cleared").read_text().splitlines()] == ["c", "b", "a"]


def test_an_undo_that_fails_or_hangs_keeps_no_other_fault_in_force(tmp_path: Path) -> None:
    leases = [
        lease(tmp_path / "first"),
        lease(tmp_path / "hanging", "clear_hanging"),
        lease(tmp_path / "never", "clear_never"),
        lease(tmp_path / "second", "clear_second_time"),
    ]
    undone = {result.lease: result.problem for result in undo_all(leases, "enough", nothing_ended, within_s=0.1)}
    assert undone == {
        "first": "",
        "hanging": "no end within 0.1 s",
        "never": "RuntimeError: never stays",
        "second": "",
    }


def test_a_fault_is_gone_with_the_process_that_it_lived_in(tmp_path: Path) -> None:
    held = [lease(tmp_path / "never", "clear_never", "wire"), lease(tmp_path / "other", "clear_never", "cloud")]
    undone = undo_all(held, "enough", lambda name: name == "wire")
    assert {result.lease: result.verified for result in undone} == {"never": True, "other": False}


def test_a_parameter_named_lease_is_given_the_id(tmp_path: Path) -> None:
    held = lease(tmp_path / "fault")
    held.undo.call("lease-1")()
    assert (tmp_path / "cleared").read_text() == "fault lease-1\n"


@pytest.mark.parametrize(
    "given", [None, {}, {"module": "os"}, {"module": "os", "function": 1}, {"module": "os", "function": "x", "z": 1}]
)
def test_an_undo_that_is_no_call_by_name_is_refused(given: object) -> None:
    with pytest.raises(BadInput, match="undo"):
        Undo.from_json(given)


@pytest.mark.parametrize(
    "undo", [Undo("no_such_module", "x"), Undo("os", "no_such_function"), Undo("touching", "clear_touching", {"z": 1})]
)
def test_an_undo_that_cannot_be_called_is_refused(undo: Undo) -> None:
    with pytest.raises(BadInput, match="expected a function that takes the arguments given"):
        undo.call("lease-1")


def test_the_record_is_there_for_good_before_the_call_returns(tmp_path: Path) -> None:
    path = tmp_path / "undo.jsonl"
    log = UndoLog(path)
    pid = os.fork()
    if not pid:
        log.held(lease(tmp_path / "fault"))
        os._exit(0)
    os.waitpid(pid, 0)
    log.close()
    assert [held.id for held in open_leases(path)] == ["fault"]
