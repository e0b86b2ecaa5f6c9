"""Undo records: what takes a fault back, on disk before the fault is applied.

An undo is a call by dotted name, so the keeper that carries it out knows no particular fault. The call must see with
its own eyes that the fault is gone, and raise if it is not. It may be made twice.
"""

import errno
import importlib
import inspect
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import BadInput, DeskstormError

WITHIN_S = 10.0


@dataclass(frozen=True)
class Undo:
    """`module.function(**arguments)`; a parameter named `lease` is given the lease's id."""

    module: str
    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def call(self, lease: str) -> Callable[[], Any]:
        """The call, found and checked against the function's signature but not made yet; `BadInput` if it cannot be."""
        name = f"undo {self.module}.{self.function}"
        try:
            function = getattr(importlib.import_module(self.module), self.function)
            parameters = inspect.signature(function).parameters
            arguments = {**({"lease": lease} if "lease" in parameters else {}), **self.arguments}
            inspect.signature(function).bind(**arguments)
        except Exception as error:
            raise BadInput(name, "a function that takes the arguments given", f"{error}") from None
        return lambda: function(**arguments)

    def as_json(self) -> dict[str, Any]:
        """`{"module", "function", "arguments"}`."""
        return {"module": self.module, "function": self.function, "arguments": dict(self.arguments)}

    @classmethod
    def from_json(cls, given: Any) -> "Undo":
        """Read `{"module", "function", "arguments"}`."""
        try:
            undo = cls(**given)
        except TypeError:
            raise BadInput("undo", "module, function and arguments", given) from None
        if not (isinstance(undo.module, str) and isinstance(undo.function, str) and isinstance(undo.arguments, dict)):
            raise BadInput("undo", "names of module and function, and arguments by name", given)
        return undo


@dataclass(frozen=True)
class Lease:
    """The right to keep one fault in force. `lives_in` names the child process with whose end the fault is gone."""

    id: str
    fault: str
    undo: Undo
    lives_in: str | None = None


@dataclass(frozen=True)
class Undone:
    """What became of one lease: `problem` is empty if the fault was seen cleared, `t` is when (monotonic, ns)."""

    lease: str
    fault: str
    why: str
    problem: str
    t: int

    @property
    def verified(self) -> bool:
        """Whether the fault was seen cleared."""
        return not self.problem


class UndoLog:
    """The open leases of a run on disk; each line is there for good before the call returns."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def held(self, lease: Lease) -> None:
        """Record that `lease` may be in force from now on."""
        self._append({"held": asdict(lease)})

    def done(self, lease_id: str) -> None:
        """Record that nothing of that lease is in force any more."""
        with suppress(OSError):  # an undo may be made twice: a full disk must not get in the way of the others
            self._append({"done": lease_id})

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)

    def _append(self, line: dict[str, Any]) -> None:
        # On a line of its own even after one that a full disk has cut short.
        record = f"\n{json.dumps(line)}\n".encode()
        if os.write(self._handle, record) != len(record):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(self._handle)


def open_leases(path: Path) -> list[Lease]:
    """The leases of an undo log that are not done, oldest first. A torn last line was never answered: left out."""
    leases: dict[str, Lease] = {}
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            found = json.loads(line)
            if "done" in found:
                leases.pop(found["done"], None)
            else:
                given = found["held"]
                lease = Lease(given["id"], given["fault"], Undo.from_json(given["undo"]), given["lives_in"])
                leases[lease.id] = lease
        except (ValueError, KeyError, TypeError, BadInput):
            continue
    return list(leases.values())


def undo_all(
    leases: Iterable[Lease], why: str, gone: Callable[[str], bool], within_s: float = WITHIN_S, tries: int = 2
) -> list[Undone]:
    """Undo `leases` (oldest first) in reverse, each within `within_s`; what failed is tried again after the others.

    `gone` says of a process' name whether it has ended, and every fault that lived in it with it.
    """
    outcome: dict[str, Undone] = {}
    left = list(leases)[::-1]
    for _ in range(tries):
        for lease in left:
            dead = lease.lives_in is not None and gone(lease.lives_in)
            problem = "" if dead else _attempt(lease, within_s)
            outcome[lease.id] = Undone(lease.id, lease.fault, why, problem, time.monotonic_ns())
        left = [lease for lease in left if not outcome[lease.id].verified]
    return list(outcome.values())


def _attempt(lease: Lease, within_s: float) -> str:
    outcome: list[str] = []

    def run() -> None:
        try:
            lease.undo.call(lease.id)()
        except DeskstormError as error:
            outcome.append(str(error))
        except BaseException as error:
            outcome.append(f"{type(error).__name__}: {error}")
        else:
            outcome.append("")

    # A thread of its own, not waited for beyond the limit: an undo that hangs must not keep the others in force.
    thread = threading.Thread(target=run, name=f"undo {lease.id}", daemon=True)
    thread.start()
    thread.join(within_s)
    return outcome[0] if outcome else f"no end within {within_s:g} s"
