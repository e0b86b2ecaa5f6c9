"""Faults on the tracker's own process: carried out by the keeper, and seen by asking the tracker.

A tracker that the keeper did not start cannot be killed or paused, and is refused by name.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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


def inject_on_process(run: Run, fault: str, seconds: float, strike: Callable[[KeeperClient], object]) -> dict[str, Any]:
    """Hold a lease, `strike`, and see that the tracker answers no more; returns what `carry_out` does."""
    world = run.world
    undo = Undo("harness.breaking.process", "undo_on_process", undo_arguments(world, fault))
    expected = {"tracker": "no answer", "seconds": seconds}

    def apply(lease: str) -> dict[str, Any]:
        if fault not in world.sabotage:
            strike(KeeperClient(world.keeper_socket))
        return _silent(world, fault)

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


def _silent(world: World, fault: str) -> dict[str, Any]:
    with TrackerClient(world, within_s=SILENT_S) as tracker:
        try:
            until(lambda: not tracker.is_up(), "the tracker to be silent", SEEN_WITHIN_S)
        except Waited:
            raise FaultNotInForce(fault, "no answer of the tracker", "an answer of /health") from None
    return {"health": "no answer"}


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
