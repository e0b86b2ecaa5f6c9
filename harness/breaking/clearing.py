"""How a fault on the wire is taken back, by whoever does it: an action, the keeper, a person.

Nothing here knows a particular fault, and nothing is written to the evidence of a run.
"""

from pathlib import Path
from typing import Any

from harness.breaking.canary import Canary
from harness.breaking.wire import WireControl
from harness.errors import DeskstormError, FaultNotCleared
from harness.keeping.undo import Undo
from harness.world import World

SLACK_MS = 150.0
# The keeper gives an undo 10 s.
LIMIT_S = 4.0
WITHIN_S = 5.0


def undo_record(world: World, fault: str, events: bool, slack_ms: float) -> Undo:
    """The undo of `fault` for the keeper."""
    arguments = {**undo_arguments(world, fault), "events": events, "slack_ms": slack_ms}
    return Undo("harness.breaking.clearing", "undo_on_wire", arguments)


def undo_arguments(world: World, fault: str) -> dict[str, Any]:
    """What every undo of ours is told: the path of the runtime world file, and the fault."""
    return {"world_file": str(Path(world.keeper_socket).with_name("world.json")), "fault": fault}


def undo_on_wire(world_file: str, fault: str, events: bool, slack_ms: float) -> dict[str, Any]:
    """What the lease of a fault on the wire calls: `take_back` in the world of `world_file`."""
    return take_back(World.read(Path(world_file)), fault, events, slack_ms)


def take_back(world: World, fault: str, events: bool, slack_ms: float = SLACK_MS) -> dict[str, Any]:
    """Disarm `fault`, hear from the wire that it is gone, and have the canary see that things are normal.

    While other faults are in force little is normal for the canary: then `canary` says so, and the wire's word must do
    until the last of them is taken back.
    Returns `{"disarmed": [leases], "wire": "gone", "canary": ...}`; may be called twice. Raises `FaultNotCleared`.
    """
    assert world.wire is not None  # noqa: S101 - only worlds with a wire have faults on it
    with WireControl(world.wire) as wire:
        disarmed = wire.disarm(fault=fault)
        armed = {found.fault for found in wire.state()}
    if fault in armed:
        raise FaultNotCleared(fault, "nothing of it on the wire", "still armed")
    return {"disarmed": disarmed, "wire": "gone", "canary": _looked(world, fault, armed, events, slack_ms)}


def see_normal(world_file: str, fault: str) -> dict[str, Any]:
    """The undo of a fault that ends by itself: the canary must see that things are normal."""
    world = World.read(Path(world_file))
    return {"canary": _looked(world, fault, armed_faults(world), False, SLACK_MS)}


def armed_faults(world: World) -> set[str]:
    """The faults that the wire has in force; none in a world without a wire."""
    if world.wire is None:
        return set()
    with WireControl(world.wire) as wire:
        return {found.fault for found in wire.state()}


def _looked(world: World, fault: str, armed: set[str], events: bool, slack_ms: float) -> dict[str, Any] | str:
    if armed:
        return f"not looked, still in force: {', '.join(sorted(armed))}"
    canary = Canary(world, limit_s=LIMIT_S)
    try:
        return canary.sees_normal(events, slack_ms, WITHIN_S)
    except DeskstormError as error:
        raise FaultNotCleared(fault, "normal traffic for the canary", str(error)) from error
    finally:
        canary.close()
