"""Taking a network fault back, and measuring on the path that it is free again."""

import time
from collections.abc import Mapping
from typing import Any

from harness.breaking import fault as faults
from harness.errors import FaultNotCleared
from harness.network.meant import ON
from harness.network.meter import Connects, Meter
from harness.network.place import Place, Way, places
from harness.network.proof import CONNECT_WITHIN_S, CONNECTS, connect_words, words
from harness.network.witness import Witness
from harness.runtime import Run, run_of

NORMAL_MS = 60.0
DATAGRAMS = 200
# Neighbours have to find each other again, and what was queued has to drain.
LOOK_AGAIN_WITHIN_S = 3.0


def clear(configuration: Mapping[str, Any] | None, fault: str) -> dict[str, Any]:
    """Take `fault` back, see that its rules are gone, and measure that each link is normal again where it was ordered.

    Nothing to do if it is not in force. Raises `FaultNotCleared`.
    """
    ordered = _ordered_on(configuration, fault)
    cleared = faults.clear(configuration, fault)
    if "seen" in cleared:
        run = run_of(configuration)
        for place in (place for on in ordered for place in places(run.world, fault, on)):
            cleared["seen"] = {**cleared["seen"], place.name: seen_normal(run, fault, place)}
    return cleared


def seen_normal(run: Run, fault: str, place: Place) -> dict[str, Any]:
    """What is measured on a link once `fault` is gone; `FaultNotCleared` if that is not what a free link does.

    While other faults of the network are in force there nothing is normal: then nothing is measured.
    """
    if others := others_in_force(run, fault):
        return {"path": f"not looked, still in force: {', '.join(others)}"}
    seen = _witnessed(fault, place) if place.witness else _measured(fault, place)
    run.evidence.write("path.measured", fault=fault, place=place.name, when="cleared", found=seen)
    return seen


def others_in_force(run: Run, fault: str) -> list[str]:
    """The network faults but `fault` that are in force: those whose undo knows a place on the network."""
    return sorted({lease.fault for lease in faults.held(run.world) if ON in lease.undo.arguments} - {fault})


def _ordered_on(configuration: Mapping[str, Any] | None, fault: str) -> list[Mapping[str, Any]]:
    """Where the leases of `fault` say that it was ordered."""
    if not faults.has_world(configuration):
        return []
    return [lease.undo.arguments[ON] for lease in faults.leases_of(run_of(configuration).world, fault)]


def _measured(fault: str, place: Place) -> dict[str, Any]:
    deadline = time.monotonic() + LOOK_AGAIN_WITHIN_S
    with Meter(place.namespace, place.near, place.far, place.target.ports) as meter:
        while True:
            connects = meter.connects(CONNECTS, CONNECT_WITHIN_S)
            each = {way: meter.datagrams(way is Way.FROM_DESKTOPS, DATAGRAMS) for way in Way}
            seen = {**connect_words(connects), **{str(way): words(heard) for way, heard in each.items()}}
            if _free(connects) and not any(heard.sent - heard.arrived for heard in each.values()):
                return seen
            if time.monotonic() > deadline:
                raise FaultNotCleared(fault, f"every datagram, within {NORMAL_MS:g} ms, over {place.name}", str(seen))


def _witnessed(fault: str, place: Place) -> dict[str, Any]:
    deadline = time.monotonic() + LOOK_AGAIN_WITHIN_S
    while True:
        connects = Witness(place, fault).connects()
        if not connects.failed:
            return connect_words(connects)
        if time.monotonic() > deadline:
            raise FaultNotCleared(fault, f"connections over {place.name}", str(connect_words(connects)))


def _free(connects: Connects) -> bool:
    return not connects.failed and connects.p50_ms is not None and connects.p50_ms <= NORMAL_MS
