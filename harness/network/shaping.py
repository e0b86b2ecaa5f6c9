"""How a fault of packets (delay, loss, rate, ...) is ordered on a link, proved on the path, and taken back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.breaking.fault import carry_out
from harness.network.book import Order, opened
from harness.network.look import Look
from harness.network.meant import Meant, folder_of, meant
from harness.network.meter import Heard, Meter
from harness.network.place import Place, Way
from harness.network.proof import CONNECT_WITHIN_S, CONNECTS, connect_words, words
from harness.network.rules import counters, put_in_force, take_away
from harness.network.shape import Shape, together
from harness.network.target import Target
from harness.network.tc import Part
from harness.network.witness import Witness

UNTOUCHED_DATAGRAMS = 200
# Where everything is lost, one try says as much as many; on a slow link a few say as much.
HOPELESS_WITHIN_S = 0.5
CONNECTS_S = 3.0

Prove = Callable[[Look], Heard]


@dataclass(frozen=True)
class Shaping:
    """One fault to order. `shape` is in this machine's time; `seconds` are real-world ones. `prove` looks at each way
    that is shaped, and raises `FaultNotInForce`. With `udp_ports` only UDP with those ports is meant."""

    fault: str
    shape: Shape
    direction: str
    seconds: float
    on: Mapping[str, Any] | None
    prove: Prove
    udp_ports: tuple[tuple[int, int], ...] = ()


def inject(configuration: Mapping[str, Any] | None, shaping: Shaping) -> dict[str, Any]:
    """Hold a lease, put the rules in force on every link that is meant, and prove them on the path.

    Returns `{"fault", "lease", "in_force": true, "seconds", "agents", "seen"}`, where `seen` has for each link what was
    read back through tc and what was measured. If anything goes wrong, nothing of it stays in force.
    """
    needs = ("htb", "netem") if shaping.shape.needs_netem else ("htb",)
    order = meant(configuration, shaping.fault, needs, shaping.direction, shaping.seconds, shaping.on)
    breakage = order.breakage({"shape": shaping.shape.as_json()}, "harness.network.shaping", "undo")
    return carry_out(order.run, breakage, lambda lease: _applied(order, shaping, lease))


def undo(folder: str, fault: str, on: Mapping[str, Any], lease: str) -> dict[str, Any]:
    """What the lease of such a fault calls: its rules are off and seen to be gone. May be called twice."""
    return take_away(Path(folder), lease, fault)


def _applied(order: Meant, shaping: Shaping, lease: str) -> dict[str, Any]:
    """Put the rules in force at every place, and prove them; what was read back and measured, by place."""
    beside = {place.name: _beside(order, place) for place in order.places}
    witnesses = {place.name: Witness(place, shaping.fault) for place in order.places if place.witness}
    free = {name: witness.connects() for name, witness in witnesses.items()}
    orders = [
        Order(lease, shaping.fault, place.ends[way], Part(_aimed(shaping, place.target), shaping.shape))
        for place in order.places
        for way in order.ways
    ]
    rules = {} if order.sabotaged else put_in_force(folder_of(order.run), orders)
    seen: dict[str, Any] = {}
    for place in order.places:
        shapes = {way: together((*beside[place.name][way], shaping.shape)) for way in order.ways}
        if place.witness:
            found = witnesses[place.name].proved(shapes, free[place.name])
        else:
            found = _proved(shaping, place, shapes)
        order.measured(place, found)
        seen[place.name] = {"rules": [rules.get(str(place.ends[way]), []) for way in order.ways], **found}
    return seen


def _proved(shaping: Shaping, place: Place, shapes: Mapping[Way, Shape]) -> dict[str, Any]:
    target = _aimed(shaping, place.target)
    found: dict[str, Any] = {}
    with Meter(place.namespace, place.near, place.far, target.ports) as meter:
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


def _beside(order: Meant, place: Place) -> dict[Way, list[Shape]]:
    """What is ordered at a place already, by way."""
    with opened(folder_of(order.run)) as book:
        return {way: [one.part.shape for one in book.orders(end)] for way, end in place.ends.items()}
