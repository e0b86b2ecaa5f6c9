"""How every fault is ordered, proved and taken back.

`inject` (for the wire; `carry_out` for all others) returns only after the fault was seen on the data path; `clear`
returns only after it was seen to be gone and traffic to be normal again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.breaking.aim import touched_agents
from harness.breaking.blast_radius import check as check_blast_radius
from harness.breaking.canary import Canary
from harness.breaking.clearing import SLACK_MS, armed_faults, take_back, undo_record
from harness.breaking.limits import number
from harness.breaking.wire import WireControl
from harness.errors import BadInput, FaultNotInForce
from harness.keeping.lease import KeeperClient
from harness.keeping.state import RunState
from harness.keeping.undo import Lease, Undo, open_leases
from harness.runtime import WORLD_KEY, Run, run_of
from harness.scope import Scope
from harness.world import World, WorldKind

Proof = Callable[[Canary], dict[str, Any]]
LONGEST_S = 86_400.0
# The wire ends a fault by itself after its seconds; a lease that outlives that stops the run.
LEASE_MARGIN_S = 30.0


def _nothing(canary: Canary) -> None:
    """For a proof that needs no preparation."""


@dataclass(frozen=True)
class Order:
    """One fault to inject. `parameters` are what the addon takes, in this world's time; `seconds` are real-world ones.

    `prepare` runs before the fault is armed (to open the socket that it will hit), `prove` after: it returns what it
    saw, or raises `FaultNotInForce`. The fault is cleared when calls, login and socket are normal again, with `events`
    each event once and in order too; a normal call is at most `slack_ms` slower than past the wire.
    """

    fault: str
    scope: Scope
    seconds: float
    parameters: Mapping[str, Any]
    prove: Proof
    prepare: Callable[[Canary], None] = _nothing
    events: bool = False
    slack_ms: float = SLACK_MS


@dataclass(frozen=True)
class Breakage:
    """What any fault says of itself, on the wire or not: `undo` is what its lease calls, `lives_in` the process with
    whose end it is gone, `expected` what the evidence is told."""

    fault: str
    seconds: float
    agents: list[str]
    expected: Mapping[str, Any]
    undo: Undo
    lives_in: str | None = None


def wire_run(configuration: Mapping[str, Any] | None, fault: str, seconds: float) -> Run:
    """The run that a wire fault of `seconds` is ordered in; `BadInput` if its world has no wire."""
    number("seconds", seconds, 1, LONGEST_S)
    run = run_of(configuration)
    if run.world.wire is None:
        raise BadInput(f"{fault} in this world", "a world with a wire", "one without")
    return run


def inject(run: Run, order: Order) -> dict[str, Any]:
    """Hold a lease, arm the wire, and have the canary prove it; if that fails nothing stays in force.

    Returns `{"fault", "lease", "in_force": true, "seconds", "agents", "seen"}`: `agents` are the ids that it touches,
    `seen` is what the canary measured.
    """
    breakage = Breakage(
        fault=order.fault,
        seconds=order.seconds,
        agents=touched_agents(run.world, order.scope),
        expected={"parameters": dict(order.parameters), "scope": order.scope.as_json(), "seconds": order.seconds},
        undo=undo_record(run.world, order.fault, order.events, order.slack_ms),
        lives_in="wire",
    )
    with Canary(run.world) as canary:
        order.prepare(canary)
        return carry_out(run, breakage, lambda lease: _armed_and_seen(run, order, lease, canary))


def carry_out(run: Run, breakage: Breakage, apply: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Hold a lease and `apply` the fault under its id; `apply` returns what it has seen in force, or raises.

    Returns what `inject` does. If anything goes wrong the undo is called before the error is raised.
    """
    world, fault = run.world, breakage.fault
    if world.kind is WorldKind.ORG:
        check_blast_radius(world)
    keeper = KeeperClient(world.keeper_socket)
    seconds = run.scaled(breakage.seconds) + LEASE_MARGIN_S
    lease = keeper.lease(fault, breakage.undo, seconds, lives_in=breakage.lives_in)
    run.evidence.write("fault.ordered", fault=fault, lease=lease, expected=breakage.expected, found=None)
    try:
        seen = apply(lease)
        keeper.confirm(lease)
    except BaseException:
        breakage.undo.call(lease)()
        keeper.release(lease)
        raise
    run.evidence.write("fault.seen", fault=fault, lease=lease, expected=breakage.expected, found=seen)
    return {
        "fault": fault,
        "lease": lease,
        "in_force": True,
        "seconds": breakage.seconds,
        "agents": breakage.agents,
        "seen": seen,
    }


def clear(
    configuration: Mapping[str, Any] | None, fault: str, look: Callable[[Run, Lease], Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """Take `fault` back and see it cleared; `{"fault", "in_force": false}`, with what was seen if there was something.

    `look` is what has to be seen besides what the undo sees. Nothing to do, and nothing is done, if it is not in force,
    or if there is no world. Raises `FaultNotCleared`; the lease is held until the fault was seen cleared.
    """
    if not has_world(configuration):
        return {"fault": fault, "in_force": False}
    run = run_of(configuration)
    seen: list[Any] = []
    for lease in leases_of(run.world, fault):
        run.evidence.write("fault.clear_ordered", fault=fault, lease=lease.id, expected="gone", found=None)
        gone = lease.undo.call(lease.id)()
        seen.append(gone if look is None else {**gone, **look(run, lease)})
        run.evidence.write("fault.cleared_seen", fault=fault, lease=lease.id, expected="gone", found=seen[-1])
        KeeperClient(run.world.keeper_socket).release(lease.id)
    if not seen and fault in armed_faults(run.world):
        seen.append(take_back(run.world, fault, events=True))  # armed by hand, without a lease
    return {"fault": fault, "in_force": False, **({"seen": seen[-1]} if seen else {})}


def leases_of(world: World, fault: str) -> list[Lease]:
    """The leases of `fault` that are held, oldest first, by the run's undo log."""
    return [lease for lease in held(world) if lease.fault == fault]


def held(world: World) -> list[Lease]:
    """All leases that are held, oldest first."""
    return open_leases(RunState(Path(world.keeper_socket).parent).undo_log)


def has_world(configuration: Mapping[str, Any] | None) -> bool:
    """Whether `configuration` belongs to a run whose world is (still) there."""
    world_file = (configuration or {}).get(WORLD_KEY)
    return bool(world_file) and Path(str(world_file)).is_file()


def _armed_and_seen(run: Run, order: Order, lease: str, canary: Canary) -> dict[str, Any]:
    """Arm the wire; what the canary saw, and how often the wire says that it touched something."""
    assert run.world.wire is not None  # noqa: S101 - `wire_run` refused a world without one
    with WireControl(run.world.wire) as wire:
        wire.arm(order.fault, lease, order.scope, order.parameters, run.scaled(order.seconds), run.world.seed)
        seen = order.prove(canary)
        touched = next((found.touched for found in wire.state() if found.id == lease), 0)
    if not touched:
        raise FaultNotInForce(order.fault, "traffic that the wire has touched", f"none, though the canary saw {seen}")
    return {**seen, "touched": touched}
