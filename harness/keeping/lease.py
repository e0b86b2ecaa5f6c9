"""The client of the keeper: hold a lease while a fault is in force, start processes, throw the kill switch.

An action breaks and heals in this order:

    keeper = KeeperClient(run.world.keeper_socket)
    lease = keeper.lease("ws_reset", Undo("actions.ws_reset", "clear_ws_reset", {"configuration": {...}}), seconds=60,
                         lives_in="wire")              # the undo is on disk now; called with lease=<id> if it has one
    ...apply the fault under the id `lease`, see it in force...
    keeper.confirm(lease)                              # raises Refused if the run was stopped meanwhile: undone again
    ...later: take it back, see it cleared...
    keeper.release(lease)                              # may be called twice

All seconds are wall-clock seconds. The undo must see the fault cleared and raise if it is not, and may be called twice.
`lives_in` names the child process with whose end the fault is gone (wire faults: "wire").
"""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from harness.errors import DeskstormError, Refused, Unreachable
from harness.keeping import state
from harness.keeping.undo import Undo, Undone

__all__ = ["Holder", "KeeperClient", "Undo", "Undone"]

ANSWER_WITHIN_S = 60.0
CONNECT_WITHIN_S = 5.0
LOST = "the keeper ended"
Listener = Callable[[str], None]


class KeeperClient:
    """Asks the keeper of one run; holds nothing open. Each call raises `Unreachable` if the keeper does not answer,
    `Refused` if it says no."""

    def __init__(self, keeper_socket: str | Path, within_s: float = ANSWER_WITHIN_S) -> None:
        self.socket = Path(keeper_socket)
        self.within_s = within_s

    def lease(self, fault: str, undo: Undo, seconds: float, lives_in: str | None = None) -> str:
        """Hold the undo of `fault` for `seconds`; answers the lease's id when the undo is safely on disk."""
        answer = self.ask("lease", fault=fault, undo=undo.as_json(), seconds=seconds, lives_in=lives_in)
        return str(answer["lease"])

    def confirm(self, lease: str) -> None:
        """Say that the fault is applied; `Refused` if the run was stopped in the meantime (it was undone again)."""
        self.ask("confirm", lease=lease)

    def release(self, lease: str) -> bool:
        """Say that the fault was taken back and seen cleared; whether the lease was still held."""
        return bool(self.ask("release", lease=lease)["released"])

    def extend(self, lease: str, seconds: float) -> None:
        """Let the lease run out `seconds` from now."""
        self.ask("extend", lease=lease, seconds=seconds)

    def end(self, name: str) -> dict[str, Any]:
        """End one child in order: `{"name", "pid", "code", "how"}`."""
        return dict(self.ask("end", name=name)["ended"])

    def strike(self, name: str, down_s: float | None = None) -> int:
        """Kill a child as a fault, which the run survives; it is started again after `down_s`, if given. Its pid."""
        return int(self.ask("strike", name=name, down_s=down_s)["pid"])

    def revive(self, name: str) -> None:
        """Start a struck child again as it was, and wait until it is ready; nothing to do if it runs."""
        self.ask("revive", name=name)

    def pause(self, name: str, paused: bool = True) -> int:
        """Stop a child where it is, or let it go on; its pid."""
        return int(self.ask("pause", name=name, paused=paused)["pid"])

    def guard(self, conditions: Sequence[Mapping[str, Any]]) -> None:
        """Watch the conditions (see harness.keeping.guard) from now on; the wire is that of the run's world file."""
        self.ask("guard", conditions=[dict(condition) for condition in conditions])

    def in_force(self) -> dict[str, Any]:
        """`{"run", "folder", "held", "stopped", "leases": [{"lease", "fault", "left_s", "confirmed"}],
        "processes": [{"name", "pid", "alive"}], "guard", "left_s"}`."""
        return self.ask("state")

    def stop(self, reason: str) -> list[dict[str, Any]]:
        """The kill switch: `[{"lease", "fault", "why", "verified", "problem", "at"}]`, what was undone."""
        return list(self.ask("stop", reason=reason)["undone"])

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """One request on a connection of its own."""
        try:
            with state.connect(self.socket, CONNECT_WITHIN_S) as link:
                link.settimeout(self.within_s)
                link.sendall(json.dumps({"do": do, **request}).encode() + b"\n")
                with link.makefile("rb") as lines:
                    line = lines.readline()
        except OSError as error:
            raise Unreachable("the keeper", str(self.socket), str(error)) from None
        return _answer(line, self.socket)


class Holder(KeeperClient):
    """The keeper as seen by the process that holds the run: everything is undone as soon as this connection closes.

    `run` is the run's id, `folder` its folder of results, `state` its private folder (world file, settings files),
    `stopped` the kill switch's reason or "", `summary` what `finish` heard from the keeper.
    """

    def __init__(self, state_of_run: state.RunState, folder: Path, process: "subprocess.Popen[bytes]") -> None:
        super().__init__(state_of_run.socket)
        self.run = state_of_run.run
        self.state = state_of_run.folder
        self.folder = folder
        self.stopped = ""
        self.summary: dict[str, Any] = {}
        self._process = process
        self._on_stop: Listener | None = None
        self._signal = 0
        self._finished = False
        self._link: socket.socket | None = None

    def hold_run(
        self, seconds: float, stopped: Listener | None = None, grace_s: float = 30.0, signal_number: int = 0
    ) -> None:
        """Hold the run for at most `seconds` from now; has to be said within 30 s of the keeper's start.

        When the kill switch was thrown or the keeper was lost, `stopped(reason)` is called once from a thread, and
        this process gets `signal_number` (SIGUSR1) if one is given; `grace_s` later the keeper ends everything.
        """
        self._on_stop, self._signal = stopped, signal_number
        link = state.connect(self.socket, CONNECT_WITHIN_S)
        link.settimeout(None)
        words = {"pid": os.getpid(), "seconds": seconds, "grace_s": grace_s, "signal": signal_number}
        link.sendall(json.dumps({"do": "hold_run", **words}).encode() + b"\n")
        lines = link.makefile("rb")
        _answer(lines.readline(), self.socket)
        self._link = link
        threading.Thread(
            target=self._listen, args=(cast("BinaryIO", lines),), name="word of the keeper", daemon=True
        ).start()

    def spawn(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str] | None = None,
        within_s: float = 45.0,
        listens: tuple[str, int] | None = None,
        restarts: int = 0,
    ) -> dict[str, Any]:
        """Start a child of the keeper and answer its ready line; its output goes to `logs/<name>.log`.

        Several threads may ask at once. `env` is added to the keeper's own environment. A guest (a program that knows
        nothing of ready lines) is ready when it `listens` at that host and port, and answers {}. One that is under test
        may crash: it is started again, at most `restarts` times, and the evidence says `process.died`.
        """
        log = str(self.folder / "logs" / f"{name}.log")
        more = {"within_s": within_s, "listens": listens, "restarts": restarts}
        answer = self.ask("spawn", name=name, argv=list(argv), log=log, env=dict(env or {}), **more)
        return dict(answer["line"])

    def lay_ground(self, what: str, make: Undo, undo: Undo) -> Any:
        """Have the keeper make what processes will stand on, and answer what `make` returned (JSON values).

        The keeper calls `undo` after the last process of the run has ended, even if the making failed.
        """
        return self.ask("lay_ground", what=what, make=make.as_json(), undo=undo.as_json())["made"]

    def finish(self, unjudged: str = "") -> list[str]:
        """Orderly end: what was still held is undone, every child is ended, the keeper is gone and its state removed.

        With `unjudged`, a `verdict.json` of VOID for that reason is left for the judge to replace, should it ever come.

        Returns what was not in order, in words. `summary` has all of it: `{"undone": [...], "stopped", "left_behind":
        [faults not seen cleared], "processes": [{"name", "pid", "code", "how", "abnormal"}]}`.
        """
        self._finished = True
        self.summary = self.ask("finish", unjudged=unjudged)
        self.close()
        return list(_disorder(self.summary))

    def close(self) -> None:
        """Let go of the run: without `finish` before, the keeper undoes everything and calls the run VOID."""
        self._finished = True
        if self._link is not None:
            with suppress(OSError):
                self._link.shutdown(socket.SHUT_RDWR)
            self._link.close()
            self._link = None
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(ANSWER_WITHIN_S)

    def _listen(self, lines: BinaryIO) -> None:
        with lines, suppress(OSError, ValueError):
            for line in lines:
                event = json.loads(line)
                if event.get("event") == "stopped":
                    self._stopped(str(event["reason"]))
        if not self._finished:
            self._stopped(LOST)
            if self._signal:  # the keeper cannot send it any more
                os.kill(os.getpid(), self._signal)

    def _stopped(self, reason: str) -> None:
        if not self.stopped:
            self.stopped = reason
            if self._on_stop is not None:
                self._on_stop(reason)


def _answer(line: bytes, path: Path) -> dict[str, Any]:
    try:
        answer = json.loads(line)
    except ValueError:
        raise Unreachable("the keeper", str(path), "it closed the connection without an answer") from None
    if "error" in answer:
        raise Refused(str(answer["error"]))
    return dict(answer)


def _disorder(summary: Mapping[str, Any]) -> Iterator[str]:
    for undone in summary["undone"]:
        yield f"{undone['fault']} was still in force at the end and had to be undone ({undone['why']})"
    for process in summary["processes"]:
        if process["abnormal"]:
            yield f"process {process['name']} ended abnormally (exit code {process['code']}, {process['how']})"
    for fault in summary["left_behind"]:
        yield f"{fault} was not seen cleared"


def refusal(error: Exception) -> str:
    """An error as the one line that goes over the keeper's socket."""
    text = str(error) if isinstance(error, DeskstormError) else f"{type(error).__name__}: {error}"
    return " ".join(text.split())
