"""What is under test may be killed, paused and started again, and may crash, without the end of the run."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import evidence
from harness.errors import Refused
from harness.keeping.keeper import Holder, start_keeper
from harness.keeping.processes import Identity
from harness.waiting import until

pytestmark = pytest.mark.world

LIMIT_S = 20.0
READY = "import json, os, sys; print(json.dumps({'ready': 'child', 'pid': os.getpid()}), flush=True); "
CHILD = [sys.executable, "-c", READY + "sys.stdin.read()"]
GUEST = "import socket, sys; s = socket.create_server(('127.0.0.1', int(sys.argv[1]))); s.accept(); s.accept()"


@pytest.fixture
def keeper(tmp_path: Path, state_folder: Path) -> Iterator[Holder]:
    """The keeper of a run that this process holds for 30 s."""
    holder = start_keeper(tmp_path / "run")
    holder.hold_run(30)
    yield holder
    holder.close()


def running(keeper: Holder) -> dict[str, int]:
    """The pids of what runs, by name."""
    return {one["name"]: one["pid"] for one in keeper.in_force()["processes"] if one["alive"]}


def noted(keeper: Holder, kind: str) -> list[dict[str, Any]]:
    return [entry.fields for entry in evidence.read(keeper.folder / "evidence").of(kind)]


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_struck_child_is_gone_until_it_is_revived_with_its_arguments(keeper: Holder) -> None:
    ready = keeper.spawn("child", CHILD, env={"KEY": "kept"})
    assert keeper.strike("child") == ready["pid"]
    assert running(keeper) == {}
    keeper.revive("child")
    again = running(keeper)["child"]
    assert again != ready["pid"]
    assert b"KEY=kept" in Path(f"/proc/{again}/environ").read_bytes()
    keeper.revive("child")
    assert running(keeper) == {"child": again}
    assert keeper.finish() == []


def test_a_struck_child_comes_back_by_itself_after_its_time(keeper: Holder) -> None:
    pid = keeper.spawn("child", CHILD)["pid"]
    keeper.strike("child", down_s=0.2)
    until(lambda: running(keeper).get("child") not in (None, pid), "the child to be back", LIMIT_S)
    assert noted(keeper, "process.struck") == [{"name": "child", "pid": pid, "down_s": 0.2}]
    assert keeper.stopped == ""
    assert keeper.finish() == []


def test_what_was_struck_and_not_revived_is_no_disorder(keeper: Holder) -> None:
    keeper.spawn("child", CHILD)
    keeper.strike("child", down_s=25)
    assert keeper.finish() == []


def test_a_paused_child_stands_still_until_it_may_go_on(keeper: Holder) -> None:
    pid = keeper.pause("child") if keeper.spawn("child", CHILD) else 0
    until(lambda: state_of(pid) == "T", "the child to stand still", LIMIT_S)
    keeper.pause("child", paused=False)
    until(lambda: state_of(pid) != "T", "the child to go on", LIMIT_S)
    assert keeper.finish() == []


def test_what_does_not_run_can_be_neither_struck_nor_paused_nor_revived(keeper: Holder) -> None:
    for ask in (keeper.strike, keeper.pause, keeper.revive):
        with pytest.raises(Refused, match="child"):
            ask("child")


def test_a_child_under_test_may_crash_so_often_and_no_more(keeper: Holder) -> None:
    keeper.spawn("child", CHILD, restarts=1)
    first = running(keeper)["child"]
    os.kill(first, signal.SIGKILL)
    until(lambda: running(keeper).get("child") not in (None, first), "the child to be started again", LIMIT_S)
    assert noted(keeper, "process.died") == [{"name": "child", "pid": first, "code": -9}]
    assert keeper.stopped == ""
    keeper.revive("child")  # which waits until it is ready
    os.kill(running(keeper)["child"], signal.SIGKILL)
    until(lambda: keeper.stopped, "the run to be stopped", LIMIT_S)
    assert keeper.stopped == "process child ended (exit code -9)"


def test_a_guest_is_ready_when_it_listens_and_is_told_to_end(keeper: Holder) -> None:
    port = free_port()
    argv = [sys.executable, "-c", GUEST, str(port)]
    assert keeper.spawn("guest", argv, listens=("127.0.0.1", port)) == {}
    assert keeper.finish() == []
    assert [(end["name"], end["how"]) for end in noted(keeper, "process.ended")] == [("guest", "told")]


def test_a_guest_that_ends_before_it_listens_did_not_start(keeper: Holder) -> None:
    argv = [sys.executable, "-c", "import sys; sys.exit('no such setting')"]
    with pytest.raises(Refused, match="guest did not start: exit code 1: no such setting"):
        keeper.spawn("guest", argv, listens=("127.0.0.1", free_port()))


def test_a_paused_guest_ends_with_the_run_all_the_same(keeper: Holder) -> None:
    port = free_port()
    keeper.spawn("guest", [sys.executable, "-c", GUEST, str(port)], listens=("127.0.0.1", port))
    identity = Identity.of(keeper.pause("guest"))
    keeper.finish()
    assert identity is not None
    assert not identity.alive
