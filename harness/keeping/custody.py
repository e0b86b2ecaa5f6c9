"""What one run has in force and running, and how all of it is undone: the inside of the keeper."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from harness.errors import BadInput, DeskstormError, Refused
from harness.keeping.processes import PATIENCE_S, READY_WITHIN_S, Child, Ended
from harness.keeping.state import RunState
from harness.keeping.undo import Lease, Undo, UndoLog, Undone, undo_all
from harness.runtime import SOURCE_VARIABLE

Note = Callable[..., None]


@dataclass
class Holding:
    """A lease in the keeper's hands: when it runs out (monotonic), and whether its fault was said to be applied."""

    lease: Lease
    seconds: float
    until: float
    confirmed: bool = False


@dataclass(frozen=True)
class Spawn:
    """What to start: `env` is added to the keeper's own environment. One that `listens` (host, port) is a guest. The
    run survives its unasked-for end so many times as it `restarts`: what is under test may crash."""

    name: str
    argv: list[str]
    log: str
    env: dict[str, str] = field(default_factory=dict)
    within_s: float = READY_WITHIN_S
    listens: tuple[str, int] | None = None
    restarts: int = 0


class Custody:
    """Leases and child processes of one run. `note` writes evidence; `on_stop(reason, undone)` is called once, after
    the kill switch has undone everything. Safe to call from several threads."""

    def __init__(self, state: RunState, note: Note, on_stop: Callable[[str, list[Undone]], None]) -> None:
        self.stopped = ""  # the kill switch's reason
        self._closed = ""  # why nothing new may be held or started any more
        self._state = state
        self._note = note
        self._on_stop = on_stop
        self._log = UndoLog(state.undo_log)
        self._lock = threading.RLock()
        self._undoing = threading.Lock()
        self._reviving = threading.Lock()
        self._leases: dict[str, Holding] = {}
        self._revoked: dict[str, Holding] = {}
        self._children: dict[str, Child] = {}
        self._spawned: dict[str, Spawn] = {}
        self._comebacks: dict[str, threading.Timer] = {}
        self._ending = False
        self._making = threading.Lock()
        self._ground: list[Lease] = []
        self._known: set[str] = set()
        self._ended: list[Ended] = []

    # leases

    def lease(self, fault: str, undo: Undo, seconds: float, lives_in: str | None) -> str:
        """Hold the undo of `fault` for `seconds`; it is on disk when the id is returned."""
        lease = Lease(f"{fault}-{uuid4().hex[:12]}", fault, undo, lives_in)
        undo.call(lease.id)  # what cannot be undone is never applied
        with self._lock:
            self._refuse_if_closed()
            if lives_in is not None and lives_in not in self._known:
                raise BadInput("lives_in", f"a process of this run ({sorted(self._known)})", lives_in)
            self._log.held(lease)
            self._leases[lease.id] = Holding(lease, seconds, time.monotonic() + seconds)
        self._note("lease.held", lease=lease.id, fault=fault, seconds=seconds)
        return lease.id

    def confirm(self, lease_id: str) -> None:
        """The fault is applied. If its lease was undone in the meantime it is undone again, and `Refused` is raised."""
        with self._undoing:
            with self._lock:
                if lease_id in self._leases and not self._closed:
                    self._leases[lease_id].confirmed = True
                    return
                late = self._revoked.pop(lease_id, None) or self._leases.get(lease_id)
                if late is not None:
                    self._leases[lease_id] = late
        if late is None:
            raise Refused(f"lease {lease_id} is not held")
        self._undo(f"applied too late: {self._closed}")
        raise Refused(f"{late.lease.fault} was undone at once: {self._closed}")

    def release(self, lease_id: str) -> bool:
        """The fault was cleared and seen cleared by whoever applied it; whether the lease was still held."""
        with self._lock:
            self._revoked.pop(lease_id, None)
            holding = self._leases.pop(lease_id, None)
            if holding is None:
                return False
            self._log.done(lease_id)
        self._note("lease.released", lease=lease_id, fault=holding.lease.fault)
        return True

    def extend(self, lease_id: str, seconds: float) -> None:
        """Let the lease run out `seconds` from now."""
        with self._lock:
            if lease_id not in self._leases or self._closed:
                raise Refused(f"lease {lease_id} is not held")
            self._leases[lease_id].until = time.monotonic() + seconds

    def expired(self) -> str:
        """Why the run has to stop now: a lease that ran out, in words; empty if none did."""
        with self._lock:
            for holding in self._leases.values():
                if time.monotonic() >= holding.until and not self.stopped:
                    return f"the lease of {holding.lease.fault} ran out after {holding.seconds:g} s"
        return ""

    # the kill switch

    def stop(self, reason: str) -> list[Undone]:
        """Undo everything and see it cleared, then tell; a second call undoes what is left."""
        with self._lock:
            first = not self.stopped
            self.stopped = self.stopped or reason
            self._closed = self._closed or f"the run was stopped: {reason}"
        undone = self._undo(reason)
        if first:
            self._on_stop(reason, undone)
            self._note("run.stopped", reason=reason)
        return undone

    def close(self) -> list[Undone]:
        """Take nothing more on, and undo what is still held."""
        with self._lock:
            self._closed = self._closed or "the run is over"
            # What was undone before it was said to be applied may have been applied after all.
            self._leases.update(self._revoked)
            self._revoked.clear()
        return self._undo(self.stopped or "never released")

    def _undo(self, why: str) -> list[Undone]:
        with self._undoing:
            with self._lock:
                leases = [holding.lease for holding in self._leases.values()]
                # In a world that lacks a part, looking twice for normal traffic only takes time.
                whole = all(child.alive for child in self._children.values())
            undone = undo_all(leases, why, self.gone, tries=2 if whole else 1)
            homes = {lease.id: lease.lives_in for lease in leases}
            stuck = {homes[result.lease] for result in undone if not result.verified}
            if self._kill(stuck):
                # Last resort: a fault that cannot be taken back goes with the process that it lives in.
                undone = undo_all(leases, why, self.gone)
            self._forget(undone)
        for result in undone:
            self._note("lease.undone", **undone_json(result))
        return undone

    def _kill(self, names: Iterable[str | None]) -> bool:
        with self._lock:
            children = [self._children[name] for name in names if name in self._children]
        alive = [child for child in children if child.alive]
        for child in alive:
            child.kill()
        return bool(alive)

    def _forget(self, undone: Iterable[Undone]) -> None:
        with self._lock:
            for result in undone:
                if result.verified and (holding := self._leases.pop(result.lease, None)):
                    self._log.done(result.lease)
                    if not holding.confirmed:
                        self._revoked[result.lease] = holding

    # ground

    def lay_ground(self, what: str, make: Undo, undo: Undo) -> Any:
        """Make what processes of the run will stand on, and return what `make` returned; `undo` is on disk before.

        A stop of the run leaves it alone, for what is undone then may have to be seen from there.
        """
        ground = Lease(f"{what.replace(' ', '-')}-{uuid4().hex[:12]}", what, undo)
        undo.call(ground.id)
        making = make.call(ground.id)
        with self._making:  # so that it is not taken away while it is being made
            with self._lock:
                self._refuse_if_closed()
                self._log.held(ground)
                self._ground.append(ground)
            self._note("ground.held", lease=ground.id, what=what)
            made = making()
        self._note("ground.laid", lease=ground.id, what=what, made=made)
        return made

    def clear_ground(self) -> list[str]:
        """Take all ground away, the last laid first, and keep nothing more on it; what could not be taken away."""
        with self._making:
            undone = undo_all(self._ground, "the run is over", self.gone)
            for result in undone:
                self._note("ground.cleared", **undone_json(result))
                if result.verified:
                    self._log.done(result.lease)
            left = {result.lease for result in undone if not result.verified}
            self._ground = [ground for ground in self._ground if ground.id in left]
            return [ground.fault for ground in self._ground]

    # processes

    def spawn(self, wanted: Spawn) -> dict[str, Any]:
        """Start a child and return its ready line."""
        with self._lock:
            self._refuse_if_closed()
            self._spawned[wanted.name] = wanted
        return self._start(wanted)

    def _start(self, wanted: Spawn) -> dict[str, Any]:
        env = {key: value for key, value in os.environ.items() if key != SOURCE_VARIABLE} | wanted.env
        with self._lock:
            if wanted.name in self._children or self._ending:
                raise Refused(f"process {wanted.name} {'ends with the run' if self._ending else 'runs already'}")
            child = Child(wanted.name, wanted.argv, env, Path(wanted.log), wanted.listens)
            self._children[wanted.name] = child
            self._known.add(wanted.name)
            child.record(self._state.children)
        self._note("process.started", name=child.name, pid=child.pid)
        try:
            ready = child.ready(wanted.within_s)
        except DeskstormError:
            self.end(wanted.name)
            raise
        threading.Thread(target=self._watch, args=(child,), daemon=True).start()
        return ready

    def _watch(self, child: Child) -> None:
        code = child.wait()
        if child.ending:
            return
        with self._lock:
            wanted = self._spawned[child.name]
            self._spawned[child.name] = replace(wanted, restarts=wanted.restarts - 1)
            if wanted.restarts:
                del self._children[child.name]
        if not wanted.restarts:
            self.stop(f"process {child.name} ended (exit code {code})")
            return
        child.end()
        self._note("process.died", name=child.name, pid=child.pid, code=code)
        self._revive_unasked(child.name)

    def strike(self, name: str, down_s: float | None) -> int:
        """Kill a child (SIGKILL) as a fault, which the run survives; after `down_s` it is started again. Its pid."""
        with self._lock:
            self._refuse_if_closed()
            child = self._named(name)
            child.kill()
            child.end()
            del self._children[name]
            self._note("process.struck", name=name, pid=child.pid, down_s=down_s)
            if (former := self._comebacks.pop(name, None)) is not None:
                former.cancel()
            if down_s is not None:
                timer = self._comebacks[name] = threading.Timer(down_s, self._revive_unasked, (name,))
                timer.daemon = True
                timer.start()
        return child.pid

    def revive(self, name: str) -> dict[str, Any]:
        """Start a struck child again as it was started before; nothing to do if it runs. What it says, when ready."""
        with self._reviving:
            with self._lock:
                if name in self._children and self._children[name].alive:
                    return {}
                if name not in self._spawned:
                    raise Refused(f"process {name} was never started")
            return self._start(self._spawned[name])

    def _revive_unasked(self, name: str) -> None:
        try:
            self.revive(name)
        except DeskstormError as error:
            if not self._ending:
                self.stop(f"process {name} could not be started again: {error}")

    def pause(self, name: str, paused: bool) -> int:
        """Stop a child where it is (SIGSTOP), or let it go on; its pid."""
        with self._lock:
            child = self._named(name)
            child.signal(signal.SIGSTOP if paused else signal.SIGCONT)
        self._note("process.paused" if paused else "process.resumed", name=name, pid=child.pid)
        return child.pid

    def _named(self, name: str) -> Child:
        if name not in self._children:
            raise Refused(f"process {name} does not run")
        return self._children[name]

    def gone(self, name: str) -> bool:
        """Whether the process `name` of this run has ended."""
        with self._lock:
            child = self._children.get(name)
            return name in self._known and (child is None or not child.alive)

    def end(self, name: str, patience_s: float = PATIENCE_S) -> Ended:
        """End one child in order."""
        with self._lock:
            child = self._named(name)
        return self._end(child, patience_s)

    def _end(self, child: Child, patience_s: float) -> Ended:
        ended = child.end(patience_s)
        with self._lock:
            known = self._children.get(child.name) is child
            if known:
                del self._children[child.name]
                self._ended.append(ended)
        if known:
            self._note("process.ended", name=child.name, pid=ended.pid, code=ended.code, how=ended.how)
        return ended

    def end_all(self, patience_s: float = PATIENCE_S) -> list[Ended]:
        """End all children, the last started first and then the others together; how each of the run ended."""
        with self._reviving, self._lock:
            self._ending = True
            children = list(self._children.values())
        with ThreadPoolExecutor(max(1, len(children))) as pool:
            for some in (children[-1:], children[:-1]):
                # One that did not get ready may be ended by who started it at the same time.
                list(pool.map(lambda child: self._end(child, patience_s), some))
        return list(self._ended)

    # what there is

    def in_force(self) -> list[dict[str, Any]]:
        """The leases held: `[{"lease", "fault", "left_s", "confirmed"}]`."""
        now = time.monotonic()
        with self._lock:
            return [
                {"lease": id, "fault": h.lease.fault, "left_s": round(h.until - now, 3), "confirmed": h.confirmed}
                for id, h in self._leases.items()
            ]

    def running(self) -> list[dict[str, Any]]:
        """The children: `[{"name", "pid", "alive"}]`."""
        with self._lock:
            return [{"name": c.name, "pid": c.pid, "alive": c.alive} for c in self._children.values()]

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise Refused(self._closed)


def undone_json(result: Undone) -> dict[str, Any]:
    """`{"lease", "fault", "why", "verified", "problem", "at"}`; `at` is when it was seen cleared (monotonic, ns)."""
    return {
        "lease": result.lease,
        "fault": result.fault,
        "why": result.why,
        "verified": result.verified,
        "problem": result.problem,
        "at": result.t,
    }
