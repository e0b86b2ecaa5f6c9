"""How a fault of packets (delay, loss, rate, ...) is ordered on a link, proved on the path, and taken back."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.breaking.fault import carry_out
from harness.errors import BadInput
from harness.network.book import Order, opened
from harness.network.look import Look
from harness.network.meant import Meant, folder_of, meant
from harness.network.meter import Heard, Meter
from harness.network.place import Place, Way
from harness.network.proof import CONNECT_WITHIN_S, CONNECTS, Chance, affordable, connect_words, words
from harness.network.rules import counters, put_in_force, take_away
from harness.network.shape import Shape, together
from harness.network.target import Target
from harness.network.tc import Part, classes
from harness.network.witness import Witness
from harness.network.witness import affordable as affordable_at_interface

UNTOUCHED_DATAGRAMS = 200
# Where everything is lost, one try says as much as many; on a slow link a few say as much.
HOPELESS_WITHIN_S = 0.5
CONNECTS_S = 3.0

Prove = Callable[[Look], Heard]
Foresee = Callable[[Shape], Chance | None]


def _nothing(shape: Shape) -> None:
    """For what is not counted."""


@dataclass(frozen=True)
class Shaping:
    """One fault to order. `shape` is in this machine's time; `seconds` are real-world ones. `prove` looks at each way
    that is shaped, and raises `FaultNotInForce`. With `udp_ports` only UDP with those ports is meant.

    `foresee` is asked before anything is touched, for all that datagrams will suffer on one way: which share of them
    has to be counted; `BadInput` if the fault could not be seen.
    """

    fault: str
    shape: Shape
    direction: str
    seconds: float
    on: Mapping[str, Any] | None
    prove: Prove
    foresee: Foresee = _nothing
    udp_ports: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class _Path:
    """One link as it will be: `parts` are all that is ordered at its ends, `shapes` what of it the packets suffer by
    which it is measured: those of `meter`, or at a named interface those to the witness."""

    place: Place
    parts: Mapping[Way, tuple[Part, ...]]
    shapes: Mapping[Way, Shape]
    meter: Meter | None


def inject(configuration: Mapping[str, Any] | None, shaping: Shaping) -> dict[str, Any]:
    """Hold a lease, put the rules in force on every link that is meant, and prove them on the path.

    Returns `{"fault", "lease", "in_force": true, "seconds", "agents", "seen"}`, where `seen` has for each link what was
    read back through tc and what was measured. If anything goes wrong, nothing of it stays in force.
    """
    needs = ("htb", "netem") if shaping.shape.needs_netem else ("htb",)
    order = meant(configuration, shaping.fault, needs, shaping.direction, shaping.seconds, shaping.on)
    breakage = order.breakage({"shape": shaping.shape.as_json()}, "harness.network.shaping", "undo")
    with ExitStack() as held:
        paths = [_foreseen(order, shaping, place, held) for place in order.places]
        return carry_out(order.run, breakage, lambda lease: _applied(order, shaping, lease, paths))


def undo(folder: str, fault: str, on: Mapping[str, Any], lease: str) -> dict[str, Any]:
    """What the lease of such a fault calls: its rules are off and seen to be gone. May be called twice."""
    return take_away(Path(folder), lease, fault)


def ordered_at(folder: Path, place: Place) -> dict[Way, list[Order]]:
    """What is ordered at a place, by way."""
    with opened(folder) as book:
        return {way: book.orders(end) for way, end in place.ends.items()}


def suffered(parts: Iterable[Part], address: str, port: int, udp: bool) -> Shape:
    """What of `parts` packets to and from that address and port of the other side suffer."""
    return together(tuple(part.shape for part in parts if part.target.takes(address, port, udp)))


def _foreseen(order: Meant, shaping: Shaping, place: Place, held: ExitStack) -> _Path:
    """The link as it will be; `BadInput` if that cannot be, or could not be seen. Nothing is touched yet."""
    target = _aimed(shaping, place.target)
    there = ordered_at(folder_of(order.run), place)
    parts = {way: (*(one.part for one in there[way]), Part(target, shaping.shape)) for way in order.ways}
    for way, ordered in parts.items():
        _check_pair(shaping.fault, [one.fault for one in there[way]])
        classes(ordered, place.ends[way].outgoing)  # refuses more targets than can be told apart
    if place.witness:
        meter, (address, port) = None, place.witness
        port = target.ports[0][0] if target.udp_only else port
    else:
        meter = held.enter_context(Meter(place.namespace, place.near, place.far, target.ports))
        address, port = place.far, meter.ports[0]
        if not target.takes(address, port, udp=True):
            raise BadInput(f"on.cidrs at {place.name}", f"networks with {address}", list(target.cidrs))
    udp = meter is not None or target.udp_only
    shapes = {way: suffered(ordered, address, port, udp) for way, ordered in parts.items()}
    for way, shape in shapes.items():
        chance = shaping.foresee(shape)
        if chance is not None and meter is not None:
            affordable(shaping.fault, chance, Look(shaping.fault, way, shaping.shape, shape, meter).pace())
        elif chance is not None and (shaping.shape.loss or shaping.shape.burst):
            affordable_at_interface(shaping.fault, chance)
    return _Path(place, parts, shapes, meter)


def _check_pair(fault: str, others: Iterable[str]) -> None:
    # netem lets those that overtake pass without any delay, also that of the other fault.
    pair = {"latency", "reordering"}
    if fault in pair and (found := (pair - {fault}).intersection(others)):
        other = found.pop()
        raise BadInput(f"{fault} on a link", f"none with {other} in force: what overtakes would not be late", other)


def _applied(order: Meant, shaping: Shaping, lease: str, paths: Iterable[_Path]) -> dict[str, Any]:
    """Put the rules in force at every place, and prove them; what was read back and measured, by place."""
    free = {path.place.name: Witness(path.place, shaping.fault).connects() for path in paths if path.place.witness}
    orders = [
        Order(lease, shaping.fault, path.place.ends[way], parts[-1])
        for path in paths
        for way, parts in path.parts.items()
    ]
    rules = {} if order.sabotaged else put_in_force(folder_of(order.run), orders)
    seen: dict[str, Any] = {}
    for path in paths:
        place = path.place
        if path.meter is not None:
            found = _proved(shaping, place, path.shapes, path.meter)
        else:
            witness = Witness(place, shaping.fault)
            witness.read_back(path.parts)
            found = (
                witness.passed(tuple(path.shapes))
                if shaping.udp_ports
                else witness.proved(shaping.shape, path.shapes, free[place.name])
            )
        order.measured(place, found)
        seen[place.name] = {"rules": [rules.get(str(place.ends[way]), []) for way in order.ways], **found}
    return seen


def _proved(shaping: Shaping, place: Place, shapes: Mapping[Way, Shape], meter: Meter) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for way in Way:
        if way in shapes:
            heard = shaping.prove(Look(shaping.fault, way, shaping.shape, shapes[way], meter))
        else:
            heard = meter.datagrams(way is Way.FROM_DESKTOPS, UNTOUCHED_DATAGRAMS)
        found[str(way)] = words(heard)
    hopeless = any(shape.loss == 100 for shape in shapes.values())
    limits = (1, HOPELESS_WITHIN_S) if hopeless else (CONNECTS, CONNECT_WITHIN_S)
    found |= connect_words(meter.connects(*limits, all_s=CONNECTS_S))
    return {**found, "counters": {str(way): counters(place.ends[way]) for way in shapes}}


def _aimed(shaping: Shaping, target: Target) -> Target:
    return Target(target.cidrs, shaping.udp_ports, udp_only=True) if shaping.udp_ports else target
