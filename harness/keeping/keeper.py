"""The keeper: a small process of its own that outlives the chaos process and un-breaks what a run has broken.

`start_keeper(folder)` starts one; `python -m harness.keeping.keeper` is its process. It listens on a unix socket (JSON
lines; the client is harness.keeping.lease). One connection holds the run: when it closes without `finish`, everything
is undone and seen cleared, all processes are ended, and the run is VOID.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from harness import runtime
from harness.errors import BadInput, DeskstormError, Refused, Unreachable
from harness.keeping import state
from harness.keeping.custody import Custody, Spawn, undone_json
from harness.keeping.guard import Guarding, conditions_of
from harness.keeping.lease import Holder, KeeperClient, refusal
from harness.keeping.leftovers import replay_all, void_unless_judged
from harness.keeping.processes import Identity
from harness.keeping.state import RunState
from harness.keeping.undo import Undo, Undone
from harness.waiting import until
from harness.world import World

__all__ = ["Holder", "Keeper", "KeeperClient", "start_keeper"]

# Long, for a network lab on a busy machine; whatever fails says so at once.
START_WITHIN_S = 30.0
HOLD_WITHIN_S = 30.0
TICK_S = 0.05


def start_keeper(folder: Path, hold_within_s: float = HOLD_WITHIN_S) -> Holder:
    """Start the keeper of a new run, whose id is the name of its `folder` of results.

    It has to be held with `.hold_run()` within `hold_within_s`. What dead runs left in force is undone first.
    """
    replay_all(again=False)
    folder = folder.absolute()
    log = folder / "logs" / "keeper.log"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        output = log.open("ab")
    except OSError as error:
        raise BadInput(f"run folder {folder}", "a folder that can be written", error.strerror) from None
    with output:
        run, lock = state.create(folder.name)
        process = _started(run, folder, lock, hold_within_s, output)
        os.close(lock)
    try:
        until(lambda: _listens(run, process, log), "the keeper to listen", START_WITHIN_S, every_s=0.005)
    except DeskstormError:
        process.kill()
        process.wait()
        run.remove()
        raise
    return Holder(run, folder, process)


def _started(
    run: RunState, folder: Path, lock: int, hold_within_s: float, output: BinaryIO
) -> "subprocess.Popen[bytes]":
    argv = [sys.executable, "-m", "harness.keeping.keeper", "--state", str(run.folder), "--folder", str(folder)]
    return subprocess.Popen(
        [*argv, "--lock", str(lock), "--hold-within", str(hold_within_s)],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        pass_fds=(lock,),
    )


def _listens(run: RunState, process: "subprocess.Popen[bytes]", log: Path) -> bool:
    if process.poll() is not None:
        words = log.read_text(errors="replace").strip().splitlines()
        raise Unreachable("the keeper", str(run.socket), words[-1] if words else f"exit code {process.returncode}")
    with suppress(OSError):
        state.connect(run.socket, 1.0).close()
        return True
    return False


class Keeper:
    """The shell around `Custody`: the socket, the holder's connection, the clock and the end of the run."""

    def __init__(self, run: RunState, folder: Path, hold_within_s: float) -> None:
        self.run = run
        self.folder = folder
        self.over = threading.Event()
        self.evidence = runtime.evidence_of(folder / "evidence")  # undo functions write to the same file
        self.custody = Custody(run, self.note, self._tell_holder)
        self._guarding: Guarding | None = None
        self._holder: socket.socket | None = None
        self._hold: Mapping[str, Any] = {}
        self._until = time.monotonic() + hold_within_s
        self._winding = threading.Lock()
        self._summary: dict[str, Any] | None = None
        self._asked_to_end = False
        self._abandoned = False

    # the process

    def serve(self) -> None:
        """Answer until the run is over."""
        listener = state.listen(self.run.socket)
        signal.signal(signal.SIGTERM, self._terminated)
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        while not self.over.wait(TICK_S):
            self._tick()

    def note(self, kind: str, **fields: Any) -> None:
        """Write evidence; a full or lost disk must not keep a fault in force."""
        with suppress(OSError):
            self.evidence.write(kind, **fields)

    def _terminated(self, *_: object) -> None:
        self._asked_to_end = True

    def _tick(self) -> None:
        late = time.monotonic() >= self._until
        if self._asked_to_end:
            self._abandon("the keeper was asked to end (SIGTERM)")
        elif late and not self._hold:
            self._abandon("nobody held the run")
        elif late and self.custody.stopped:
            self._abandon(f"{self.custody.stopped}; the run's own process did not finish afterwards")
        elif late:
            self.custody.stop(f"the run took longer than its {self._hold['seconds']:g} s")
        elif why := self.custody.expired():
            self.custody.stop(why)

    def _abandon(self, reason: str) -> None:
        self.custody.stop(reason)
        self._abandoned = True
        self.wind_up(reason)
        self.over.set()

    # connections

    def _accept(self, listener: socket.socket) -> None:
        while True:
            link, _ = listener.accept()
            threading.Thread(target=self._converse, args=(link,), daemon=True).start()

    def _converse(self, link: socket.socket) -> None:
        last = ""
        with link, suppress(OSError), link.makefile("rb") as lines:
            for line in lines:
                answer, last = self._answered(line, link)
                link.sendall(json.dumps(answer).encode() + b"\n")
                if last == "finish" and "error" not in answer:
                    break
        if last == "finish":
            self.over.set()
        elif link is self._holder and self._summary is None:
            reason = "the chaos process ended without finishing the run"
            self._abandon(f"{self.custody.stopped}; {reason}" if self.custody.stopped else reason)

    def _answered(self, line: bytes, link: socket.socket) -> tuple[dict[str, Any], str]:
        do = ""
        try:
            request = json.loads(line)
            do = str(request.get("do"))
            if do == "hold_run":
                return self._hold_run(request, link), do
            answer = ANSWERS.get(do)
            if answer is None:
                raise BadInput("do", f"one of {sorted([*ANSWERS, 'hold_run'])}", do)
            return {"ok": True, **answer(self, request)}, do
        except Exception as error:
            return {"error": refusal(error)}, do

    def _hold_run(self, request: Mapping[str, Any], link: socket.socket) -> dict[str, Any]:
        if self._hold:
            raise Refused(f"the run is held by process {self._hold['pid']} already")
        self._hold = {**request, "seconds": float(request["seconds"]), "grace_s": float(request["grace_s"])}
        self._until = time.monotonic() + self._hold["seconds"]
        self._holder = link
        return {"ok": True}

    def _tell_holder(self, reason: str, undone: list[Undone]) -> None:
        self._until = time.monotonic() + self._hold.get("grace_s", 0.0)
        event = {"event": "stopped", "reason": reason, "undone": [undone_json(result) for result in undone]}
        with suppress(OSError):
            if self._holder is not None:
                self._holder.sendall(json.dumps(event).encode() + b"\n")
                if self._hold["signal"]:
                    os.kill(int(self._hold["pid"]), int(self._hold["signal"]))

    # requests

    def _lease(self, request: Mapping[str, Any]) -> dict[str, Any]:
        undo = Undo.from_json(request["undo"])
        seconds = float(request["seconds"])
        return {"lease": self.custody.lease(str(request["fault"]), undo, seconds, request.get("lives_in"))}

    def _confirm(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.custody.confirm(str(request["lease"]))
        return {}

    def _release(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"released": self.custody.release(str(request["lease"]))}

    def _extend(self, request: Mapping[str, Any]) -> dict[str, Any]:
        self.custody.extend(str(request["lease"]), float(request["seconds"]))
        return {}

    def _lay_ground(self, request: Mapping[str, Any]) -> dict[str, Any]:
        make, undo = Undo.from_json(request["make"]), Undo.from_json(request["undo"])
        return {"made": self.custody.lay_ground(str(request["what"]), make, undo)}

    def _spawn(self, request: Mapping[str, Any]) -> dict[str, Any]:
        wanted = {key: request[key] for key in request if key != "do"}
        if wanted.get("listens"):
            wanted["listens"] = tuple(wanted["listens"])
        return {"line": self.custody.spawn(Spawn(**wanted))}

    def _strike(self, request: Mapping[str, Any]) -> dict[str, Any]:
        down_s = request.get("down_s")
        return {"pid": self.custody.strike(str(request["name"]), None if down_s is None else float(down_s))}

    def _revive(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"line": self.custody.revive(str(request["name"]))}

    def _pause(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"pid": self.custody.pause(str(request["name"]), bool(request["paused"]))}

    def _end(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"ended": asdict(self.custody.end(str(request["name"])))}

    def _guard(self, request: Mapping[str, Any]) -> dict[str, Any]:
        conditions = conditions_of(request["conditions"])
        if self._guarding is not None:
            raise Refused("the run is guarded already")
        if conditions:
            guarding = Guarding(conditions, World.read(self.run.world), self.note, self.custody.stop)
            guarding.start()
            self._guarding = guarding
        return {}

    def _state(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "run": self.run.run,
            "folder": str(self.folder),
            "held": bool(self._hold),
            "stopped": self.custody.stopped,
            "leases": self.custody.in_force(),
            "processes": self.custody.running(),
            "guard": self._guarding is not None,
            "left_s": round(self._until - time.monotonic(), 3),
        }

    def _stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return {"undone": [undone_json(result) for result in self.custody.stop(str(request["reason"]))]}

    def _finish(self, request: Mapping[str, Any]) -> dict[str, Any]:
        return self.wind_up(str(request.get("unjudged", "")))

    # the end

    def wind_up(self, void: str) -> dict[str, Any]:
        """Undo what is held, end all processes, close the evidence, remove the state; once, whoever asks.

        With a reason in `void`, a run that has no verdict yet is VOID.
        """
        with self._winding:
            if self._summary is None:
                self._summary = self._wound_up(void)
            return self._summary

    def _wound_up(self, void: str) -> dict[str, Any]:
        if self._guarding is not None:
            self._guarding.stop()
        undone = self.custody.close()
        if self._abandoned:
            # Nobody will judge this run: what is of the machine itself goes first, whoever still stands on it.
            self.custody.clear_ground()
        ended = self.custody.end_all()
        undone += self.custody.close()  # what lived in a process is gone with it
        behind = self.custody.clear_ground() + [lease["fault"] for lease in self.custody.in_force()]
        with suppress(OSError):
            self.evidence.close()
        if void:
            void_unless_judged(self.folder, [void, *(f"{fault} was not seen cleared" for fault in behind)])
        if not behind:
            self.run.remove()
        return {
            "undone": [undone_json(result) for result in undone],
            "processes": [{**asdict(end), "abnormal": end.abnormal} for end in ended],
            "stopped": self.custody.stopped,
            "left_behind": behind,
        }


ANSWERS = {
    "lease": Keeper._lease,
    "confirm": Keeper._confirm,
    "release": Keeper._release,
    "extend": Keeper._extend,
    "lay_ground": Keeper._lay_ground,
    "spawn": Keeper._spawn,
    "strike": Keeper._strike,
    "revive": Keeper._revive,
    "pause": Keeper._pause,
    "end": Keeper._end,
    "guard": Keeper._guard,
    "state": Keeper._state,
    "stop": Keeper._stop,
    "finish": Keeper._finish,
}


def main() -> None:
    """The keeper's process. `--lock` is the inherited, locked file: the lock is held as long as this process lives."""
    parser = argparse.ArgumentParser(prog="harness.keeping.keeper")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--lock", type=int, required=True)
    parser.add_argument("--hold-within", type=float, required=True)
    given = parser.parse_args()
    os.set_inheritable(given.lock, False)
    os.environ[runtime.SOURCE_VARIABLE] = "keeper"
    run = RunState(given.state)
    identity = Identity.of(os.getpid())
    start_time = identity.start_time if identity else 0
    state.write_private(run.keeper, {"pid": os.getpid(), "start_time": start_time, "folder": str(given.folder)})
    try:
        keeper = Keeper(run, given.folder, given.hold_within)
    except OSError as error:
        sys.exit(f"the keeper cannot write its evidence in {given.folder}: {error}")
    threading.excepthook = _die
    keeper.serve()


def _die(broken: threading.ExceptHookArgs) -> None:
    # A keeper that is broken inside keeps nothing. Without it the children end, the chaos process takes notice, and
    # the undo log is replayed by whoever comes next.
    threading.__excepthook__(broken)
    os._exit(70)


if __name__ == "__main__":
    main()
