"""How a fault on the wire is taken back, by whoever does it: an action, the keeper, a person.

Nothing here knows a particular fault, and nothing is written to the evidence of a run.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.canary import Canary, Look
from harness.errors import DeskstormError, FaultNotCleared
from harness.undo import Undo
from harness.wire import WireControl
from harness.world import World

SLACK_MS = 150.0
STILL_ARMED = "not looked, still in force: "


def undo_record(world: World, fault: str, looks: Iterable[Look], slack_ms: float) -> Undo:
    """The undo of `fault` for the keeper."""
    world_file = str(Path(world.keeper_socket).with_name("world.json"))
    arguments = {"world_file": world_file, "fault": fault, "looks": sorted(looks), "slack_ms": slack_ms}
    return Undo("harness.clearing", "undo_on_wire", arguments)


def undo_on_wire(world_file: str, fault: str, looks: list[str], slack_ms: float) -> dict[str, Any]:
    """What the lease of a fault on the wire calls: `take_back` in the world of `world_file`."""
    return take_back(World.read(Path(world_file)), fault, map(Look, looks), slack_ms)


def take_back(world: World, fault: str, looks: Iterable[Look], slack_ms: float = SLACK_MS) -> dict[str, Any]:
    """Disarm `fault`, hear from the wire that it is gone, and have the canary see that things are normal.

    While other faults are in force nothing is normal for the canary: then `canary` says so and the wire's word must do.
    Returns `{"disarmed": [leases], "wire": "gone", "canary": ...}`; may be called twice. Raises `FaultNotCleared`.
    """
    assert world.wire is not None  # noqa: S101 - only worlds with a wire have faults on it
    with WireControl(world.wire) as wire:
        disarmed = wire.disarm(fault=fault)
        armed = {found.fault for found in wire.state()}
    if fault in armed:
        raise FaultNotCleared(fault, "nothing of it on the wire", "still armed")
    if armed:
        return {"disarmed": disarmed, "wire": "gone", "canary": STILL_ARMED + ", ".join(sorted(armed))}
    canary = Canary(world)
    try:
        return {"disarmed": disarmed, "wire": "gone", "canary": canary.sees_normal(looks, slack_ms)}
    except DeskstormError as error:
        raise FaultNotCleared(fault, "normal traffic for the canary", str(error)) from error
    finally:
        canary.close()
