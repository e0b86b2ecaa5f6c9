"""Faults on the tracker's own process: carried out by the keeper, and seen by asking the tracker.

Slowness is neither: a tracker is killed when it refuses connections, and paused when its process is stopped and a
question gets no answer.

A tracker that the keeper did not start cannot be killed or paused, and is refused by name.
"""

import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.breaking.clearing import armed_faults, undo_arguments
from harness.breaking.fault import LONGEST_S, Breakage, carry_out
from harness.breaking.limits import number
from harness.errors import BadInput, FaultNotCleared, FaultNotInForce, Unreachable
from harness.keeping.lease import KeeperClient
from harness.keeping.undo import Undo
from harness.observing.tracker import TrackerClient
from harness.runtime import Run, run_of
from harness.waiting import Waited, until
from harness.world import World

PROCESS = "tracker"
SILENT = "no answer"
STOPPED = "T"
SILENT_S = 1.0
SEEN_WITHIN_S = 5.0
# The keeper gives an undo 10 s.
UP_WITHIN_S = 8.0
# Any tracker answers what it does not follow, and keeps nothing of it.
UNFOLLOWED = {
    "version": "0",
    "id": "00000000-0000-4000-8000-00000000c0de",
    "detail-type": "v2.users.{id}.station",
    "source": "aws.partner/genesys.com/cloud/canary/deskstorm",
    "time": "2026-01-01T00:00:00Z",
    "detail": {"topicName": "v2.users.canary.station", "version": "2", "eventType": "station", "eventBody": {}},
}


def process_run(configuration: Mapping[str, Any] | None, fault: str, seconds: float) -> Run:
    """The run that a fault on the tracker's process is ordered in; `BadInput` if it has none that we started."""
    number("seconds", seconds, 1, LONGEST_S)
    run = run_of(configuration)
    if run.world.tracker is None or not run.world.tracker.kept:
        found = "one without a tracker" if run.world.tracker is None else "a tracker that was running before"
        raise BadInput(f"{fault} in this world", "a tracker that was started for the run", found)
    return run


def inject_on_process(
    run: Run,
    fault: str,
    seconds: float,
    strike: Callable[[KeeperClient], object],
    effect: Callable[[World], str],
) -> dict[str, Any]:
    """Hold a lease, `strike`, and see that `effect` finds the tracker `SILENT`; returns what `carry_out` does."""
    world = run.world
    undo = Undo("harness.breaking.process", "undo_on_process", undo_arguments(world, fault))
    expected = {"tracker": SILENT, "seconds": seconds}

    def apply(lease: str) -> dict[str, Any]:
        if fault not in world.sabotage:
            strike(KeeperClient(world.keeper_socket))
        return _seen(world, fault, effect)

    return carry_out(run, Breakage(fault, seconds, [], expected, undo), apply)


def undo_on_process(world_file: str, fault: str) -> dict[str, Any]:
    """Let the tracker go on, start it if it is gone, and see that it answers and takes deliveries; may be called twice.

    Where the keeper is gone its processes are too, and there is nothing to bring back.
    """
    world = World.read(Path(world_file))
    keeper = KeeperClient(world.keeper_socket)
    try:
        running = {child["name"] for child in keeper.in_force()["processes"] if child["alive"]}
        if PROCESS in running:
            keeper.pause(PROCESS, paused=False)
        else:
            keeper.revive(PROCESS)
    except Unreachable:
        return {"tracker": "gone with its keeper"}
    return _answering(world, fault)


def gone(world: World) -> str:
    """`SILENT` if the tracker refuses connections, else what it does."""
    where = urlsplit(world.tracker.url if world.tracker else "")
    port = where.port or {"https": 443}.get(where.scheme, 80)
    try:
        socket.create_connection((where.hostname or "", port), SILENT_S).close()
    except ConnectionRefusedError:
        return SILENT
    except OSError as error:
        return f"{type(error).__name__} instead of a refused connection"
    return "one that takes connections"


def still(world: World) -> str:
    """`SILENT` if the tracker's process is stopped and a question gets no answer, else what it does."""
    held = KeeperClient(world.keeper_socket).in_force()["processes"]
    pids = [child["pid"] for child in held if child["alive"] and child["name"] == PROCESS]
    state = Path(f"/proc/{pids[0]}/stat").read_text().rpartition(")")[2].split()[0] if pids else "gone"
    if state != STOPPED:
        return f"a process in state {state}"
    with TrackerClient(world, within_s=SILENT_S) as tracker:
        return "an answer of /health" if tracker.is_up() else SILENT


def _seen(world: World, fault: str, effect: Callable[[World], str]) -> dict[str, Any]:
    found: list[str] = []

    def silent() -> bool:
        found[:] = [effect(world)]
        return found == [SILENT]

    try:
        until(silent, "the tracker to be silent", SEEN_WITHIN_S)
    except Waited:
        raise FaultNotInForce(fault, f"a tracker that gives {SILENT}", found[0]) from None
    return {"health": SILENT}


def _answering(world: World, fault: str) -> dict[str, Any]:
    statuses: list[int] = []
    disturbed = armed_faults(world)
    with TrackerClient(world, within_s=SILENT_S) as tracker:

        def takes_deliveries() -> bool:
            if not tracker.is_up():
                return False
            statuses[:] = [] if disturbed else [tracker.deliver(UNFOLLOWED)]
            return all(200 <= status < 300 for status in statuses)

        try:
            until(takes_deliveries, "the tracker to answer", UP_WITHIN_S, every_s=0.05)
        except Waited:
            raise FaultNotCleared(fault, "a tracker that answers and takes deliveries", f"{statuses}") from None
    looked = f"not looked, still in force: {', '.join(sorted(disturbed))}" if disturbed else statuses[0]
    return {"health": "answers", "delivery": looked}
