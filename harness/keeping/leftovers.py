"""What runs left behind on this machine when their keeper died, and how it is cleaned up.

A run whose keeper lives is never touched here, but by `stop_all()`, which throws its kill switch.
"""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BadInput, DeskstormError
from harness.keeping import state
from harness.keeping.lease import KeeperClient
from harness.keeping.processes import Identity
from harness.keeping.state import RunState
from harness.keeping.undo import UndoLog, open_leases, undo_all

KILL_SWITCH = "deskstorm stop"
STOP_WITHIN_S = 30.0


@dataclass(frozen=True)
class Replayed:
    """What was cleaned up after one dead run: faults undone, processes ended, and faults still not seen cleared."""

    run: str
    undone: tuple[str, ...]
    ended: tuple[str, ...]
    problems: tuple[str, ...]

    def lines(self) -> list[str]:
        """The same in words."""
        found = [f"run {self.run}: {fault} was left in force and is undone" for fault in self.undone]
        found += [f"run {self.run}: process {name} was left running and is ended" for name in self.ended]
        found += [f"run {self.run}: {problem}" for problem in self.problems]
        return found or [f"run {self.run}: its keeper had died; nothing was in force any more"]


def replay_all(again: bool = True) -> list[Replayed]:
    """Undo what dead runs left in force, end their processes, remove their state. Live runs are left alone.

    Without `again`, runs that could not be cleaned up before are left as they are (so that they delay no start).
    """
    state.sweep_unborn()
    done = []
    for run in state.runs():
        with state.taken_over(run) as ours:
            if ours and (again or not run.stuck.exists()):
                done.append(_replay(run))
    return done


def inspect() -> list[str]:
    """Clean up after dead runs, and say what was left behind, in words; empty if nothing was."""
    return [line for replayed in replay_all() for line in replayed.lines()]


def stop_all() -> list[str]:
    """Throw the kill switch of every live run and clean up after every dead one; what was done, in words."""
    lines = []
    for run in state.runs():
        lines += _stop(run)
    return lines + inspect()


def world_file(run: str | None = None) -> Path:
    """The runtime world file of the live run `run`, or of the only one there is."""
    found = {live.run: live for live in state.runs() if _lives(live) and live.world.exists()}
    if run is None and len(found) == 1:
        return next(iter(found.values())).world
    if run in found:
        return found[run].world
    raise BadInput("run", f"a running world ({', '.join(found) or 'there is none'})", run)


def void_unless_judged(folder: Path, reasons: list[str]) -> bool:
    """Write `verdict.json` as VOID unless there is a verdict already; whether it was written."""
    part = folder / f"verdict.{os.getpid()}.part"
    try:
        part.write_text(json.dumps({"verdict": "VOID", "reasons": reasons}))
        os.link(part, folder / "verdict.json")  # fails if there is one: it is made whole or not at all
    except OSError:
        return False
    finally:
        with suppress(OSError):
            part.unlink()
    return True


def _lives(run: RunState) -> bool:
    with state.taken_over(run) as dead:
        return not dead and run.folder.is_dir()


def _stop(run: RunState) -> list[str]:
    if not _lives(run):
        return []
    try:
        undone = KeeperClient(run.socket, STOP_WITHIN_S).stop(KILL_SWITCH)
    except DeskstormError as error:
        # The red button works whatever state the keeper is in: ended by force, its undo log is replayed after this.
        keeper = _identity(_json(run.keeper))
        if keeper is None or not keeper.end():
            return [] if not run.folder.is_dir() else [f"run {run.run}: {error}"]
        return [f"run {run.run}: its keeper did not answer and was ended"]
    if not undone:
        return [f"run {run.run}: stopped; no fault was in force"]
    return [
        f"run {run.run}: {result['fault']} {'undone' if result['verified'] else 'NOT CLEARED: ' + result['problem']}"
        for result in undone
    ]


def _replay(run: RunState) -> Replayed:
    children = [child for line in _lines(run.children) if (child := _json_text(line))]
    left = {str(child["name"]): identity for child in children if (identity := _identity(child))}
    # Children end by themselves when their keeper dies; whatever lived in them goes with them.
    ended = tuple(name for name, identity in left.items() if identity.end())
    undone = undo_all(open_leases(run.undo_log), "the keeper died", lambda name: name in left and not left[name].alive)
    hint = f"; see to it yourself, then remove {run.folder}"
    problems = tuple(f"{r.fault} is NOT CLEARED: {r.problem}{hint}" for r in undone if not r.verified)
    _void(run, problems)
    if not problems:
        run.remove()
    else:
        run.stuck.touch()
        log = UndoLog(run.undo_log)
        for result in undone:
            if result.verified:
                log.done(result.lease)
        log.close()
    return Replayed(run.run, tuple(r.fault for r in undone if r.verified), ended, problems)


def _void(run: RunState, problems: tuple[str, ...]) -> None:
    folder = _json(run.keeper).get("folder")
    if folder:
        void_unless_judged(Path(folder), ["the keeper died before the end of the run", *problems])


def _identity(given: dict[str, Any]) -> Identity | None:
    try:
        return Identity(int(given["pid"]), int(given["start_time"]))
    except (KeyError, TypeError, ValueError):
        return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _json(path: Path) -> dict[str, Any]:
    return _json_text("\n".join(_lines(path)))


def _json_text(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
