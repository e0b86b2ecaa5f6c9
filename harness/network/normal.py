"""Taking a network fault back, and measuring on the path that it is free again, but for what else is ordered there."""

import time
from collections.abc import Mapping
from typing import Any

from harness.breaking import fault as faults
from harness.errors import FaultNotCleared
from harness.keeping.undo import Lease
from harness.network import cutting, link
from harness.network.book import Order
from harness.network.look import Look
from harness.network.meant import ON, folder_of
from harness.network.meter import Connects, Heard, Meter
from harness.network.place import Place, Way, places
from harness.network.proof import (
    CONNECT_WITHIN_S,
    CONNECTS,
    connect_words,
    corruption,
    duplication,
    loss,
    not_later,
    words,
)
from harness.network.shape import Shape
from harness.network.shaping import CONNECTS_S, ordered_at, suffered
from harness.network.witness import Witness
from harness.runtime import Run

NORMAL_MS = 60.0
DATAGRAMS = 200
# Over a link that is slow or loses by order, to see that anything passes.
FEW = 3
# Neighbours have to find each other again, and what was queued has to drain.
LOOK_AGAIN_WITHIN_S = 3.0
Ordered = Mapping[Way, list[Order]]


def clear(configuration: Mapping[str, Any] | None, fault: str) -> dict[str, Any]:
    """Take `fault` back, see that its rules are gone, and measure that each link is normal again where it was ordered.

    Nothing to do if it is not in force. Raises `FaultNotCleared`.
    """
    return faults.clear(configuration, fault, _seen_normal)


def _seen_normal(run: Run, lease: Lease) -> dict[str, Any]:
    """What is measured on each link of a lease whose rules are off; `FaultNotCleared` if that is more than what is
    still ordered there does. Where nothing passes by order, nothing is measured."""
    seen: dict[str, Any] = {}
    for place in places(run.world, lease.fault, lease.undo.arguments[ON]):
        if cut := _cut_by(run, lease, place):
            seen[place.name] = {"path": f"not looked, still in force: {', '.join(cut)}"}
            continue
        left = ordered_at(folder_of(run), place)
        found = _witnessed(lease.fault, place, left) if place.witness else _measured(lease.fault, place, left)
        if others := _others(left):
            found["still_in_force"] = others
        run.evidence.write("path.measured", fault=lease.fault, place=place.name, when="cleared", found=found)
        seen[place.name] = found
    return seen


def _others(left: Ordered) -> list[str]:
    return sorted({one.fault for ordered in left.values() for one in ordered})


def _cut_by(run: Run, lease: Lease, place: Place) -> list[str]:
    """The other faults in force that let nothing through at `place`."""
    return sorted(
        {
            other.fault
            for other in faults.held(run.world)
            if other.id != lease.id
            and other.undo.module in (cutting.__name__, link.__name__)
            and place.name in [one.name for one in places(run.world, other.fault, other.undo.arguments[ON])]
        }
    )


def _measured(fault: str, place: Place, left: Ordered) -> dict[str, Any]:
    deadline = time.monotonic() + LOOK_AGAIN_WITHIN_S
    with Meter(place.namespace, place.near, place.far, place.target.ports) as meter:
        shapes, of_connects = (
            {way: suffered((one.part for one in ordered), place.far, port, udp) for way, ordered in left.items()}
            for port, udp in zip(meter.ports, (True, False), strict=True)
        )
        while True:
            telling = not _untold(of_connects)
            connects = meter.connects(CONNECTS if telling else FEW, CONNECT_WITHIN_S, all_s=CONNECTS_S)
            each = {
                way: Look(fault, way, Shape(), shape, meter).send(DATAGRAMS)
                for way, shape in shapes.items()
                if not shape.rate_bit  # where it is shared, others' packets delay ours and crowd them out
            }
            seen = {**connect_words(connects), **{str(way): words(heard) for way, heard in each.items()}}
            if _free(connects, of_connects) and all(_no_worse(shapes[way], heard) for way, heard in each.items()):
                return seen
            if time.monotonic() > deadline:
                others = f", but for {', '.join(_others(left))}" if _others(left) else ""
                expected = f"every datagram, within {NORMAL_MS:g} ms, over {place.name}{others}"
                raise FaultNotCleared(fault, expected, str(seen))


def _witnessed(fault: str, place: Place, left: Ordered) -> dict[str, Any]:
    assert place.witness is not None  # noqa: S101 - only places with one are looked at this way
    address, port = place.witness
    shapes = [suffered((one.part for one in ordered), address, port, udp=False) for ordered in left.values()]
    worst = max(loss(shape).share for shape in shapes)
    deadline = time.monotonic() + LOOK_AGAIN_WITHIN_S
    while True:
        connects = Witness(place, fault).connects()
        if not connects.failed or (worst and connects.times_ms) or worst == 1:
            return connect_words(connects)
        if time.monotonic() > deadline:
            raise FaultNotCleared(fault, f"connections over {place.name}", str(connect_words(connects)))


def _free(connects: Connects, shapes: Mapping[Way, Shape]) -> bool:
    """Whether connects come about in time, but for what `shapes` do to them."""
    if _untold(shapes):
        return bool(connects.times_ms) or any(loss(shape).share == 1 for shape in shapes.values())
    allowed = NORMAL_MS + sum(1.25 * shape.delay_ms + shape.jitter_ms for shape in shapes.values())
    return not connects.failed and connects.p50_ms is not None and connects.p50_ms <= allowed


def _untold(shapes: Mapping[Way, Shape]) -> bool:
    """Whether connects only tell that something passes: where a link that is slow is shared, or some are lost."""
    return any(shape.rate_bit or loss(shape).share for shape in shapes.values())


def _no_worse(shape: Shape, heard: Heard) -> bool:
    """Whether one way does no more to datagrams than `shape`."""
    in_time = heard.p50_ms is None or not_later(shape, heard)
    kept = loss(shape).at_most(heard.sent - heard.arrived, heard.sent)
    whole = corruption(shape).at_most(heard.spoilt, len(heard.delays_ms) + heard.spoilt)
    return bool(in_time and kept and whole and duplication(shape).at_most(heard.repeated, heard.sent))
