"""How a fault of packets (delay, loss, rate, ...) is ordered on a link, proved on the path, and taken back."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.breaking import fault as faults
from harness.breaking.fault import LONGEST_S, Breakage, carry_out
from harness.breaking.limits import number
from harness.errors import FaultNotCleared, FaultNotInForce
from harness.keeping.undo import Undo
from harness.network.ability import require
from harness.network.book import Order, opened
from harness.network.meter import Heard, Meter
from harness.network.place import Place, Way, places, ways
from harness.network.proof import MOST, SIZE, Chance, affordable, connect_words, words
from harness.network.rules import counters, put_in_force, take_away
from harness.network.shape import Shape, together
from harness.network.target import Target
from harness.network.tc import Part
from harness.network.witness import Witness
from harness.runtime import WORLD_KEY, Run, run_of

CONNECTS = 15
CONNECT_WITHIN_S = 3.0
# Beside faults that slow a link down, a measurement leaves the desktops half of it.
SHARE_OF_RATE = 0.5
FLOOD = 2.0
FLOOD_S = 0.5
FLOOD_DATAGRAMS = 60
LARGEST = 1400
NORMAL_MS = 60.0
NORMAL_DATAGRAMS = 200
LOOK_AGAIN_WITHIN_S = 2.0


@dataclass(frozen=True)
class Look:
    """One way over one link while a fault is being proved. `shape` is all that is ordered there, by this fault and by
    others."""

    fault: str
    way: Way
    shape: Shape
    meter: Meter

    def count(self, chance: Chance) -> Heard:
        """As many datagrams as it takes to see what happens to that share of them."""
        rate = self.pace()
        return self.send(affordable(self.fault, chance, rate), rate_bit=rate)

    def pace(self, most_bit: float = 0) -> float:
        """How fast to send: at most `most_bit`, and half of what the link lets through; 0 for as fast as it goes."""
        limits = [limit for limit in (most_bit, self.shape.rate_bit * SHARE_OF_RATE) if limit]
        return min(limits, default=0)

    def send(self, count: int, size: int = SIZE, rate_bit: float = 0) -> Heard:
        """So many datagrams; those later than the ordered delay allows are lost."""
        late_s = 0.3 + (2 * self.shape.delay_ms + 4 * self.shape.jitter_ms) / 1000
        return self.meter.datagrams(self.way is Way.FROM_DESKTOPS, count, size, rate_bit, late_s)

    def flood(self) -> Heard:
        """For half a second twice as many datagrams as the link lets through, of a size that suits its rate."""
        rate = FLOOD * self.shape.rate_bit
        size = int(min(LARGEST, max(SIZE, rate * FLOOD_S / 8 / FLOOD_DATAGRAMS)))
        count = min(MOST, max(FLOOD_DATAGRAMS, int(rate * FLOOD_S / 8 / size)))
        return self.send(count, size, rate)

    def refuse(self, expected: str, heard: Heard) -> FaultNotInForce:
        """The error for a path on which it is otherwise."""
        return FaultNotInForce(self.fault, f"{expected} {self.way}", str(words(heard)))


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
    number("seconds", shaping.seconds, 1, LONGEST_S)
    chosen = ways(shaping.direction)
    run = run_of(configuration)
    meant = places(run.world, shaping.fault, shaping.on)
    needs = {"netem"} if shaping.shape.needs_netem else {"htb"}
    require(
        shaping.fault,
        needs | ({"ifb"} if any(place.witness for place in meant) and Way.TO_DESKTOPS in chosen else set()),
    )
    breakage = Breakage(
        fault=shaping.fault,
        seconds=shaping.seconds,
        agents=[agent for place in meant for agent in place.agents],
        expected={"shape": shaping.shape.as_json(), "direction": shaping.direction, "on": dict(shaping.on or {})},
        undo=Undo("harness.network.shaping", "undo", {"folder": str(folder_of(run)), "fault": shaping.fault}),
    )
    return carry_out(run, breakage, lambda lease: _applied(run, shaping, lease, meant, chosen))


def clear(configuration: Mapping[str, Any] | None, fault: str) -> dict[str, Any]:
    """Take `fault` back, see by tc that its rules are gone, and measure that the path is normal again.

    Nothing to do if it is not in force. Raises `FaultNotCleared`.
    """
    held = bool((configuration or {}).get(WORLD_KEY))
    cleared = faults.clear(configuration, fault)
    if held and "seen" in cleared:
        run = run_of(configuration)
        for place in places(run.world, fault, {}) if run.world.sites else ():
            cleared["seen"][place.name] = seen_normal(run, fault, place)
    return cleared


def undo(folder: str, fault: str, lease: str) -> dict[str, Any]:
    """What the lease of such a fault calls: its rules are off and seen to be gone. May be called twice."""
    return take_away(Path(folder), lease, fault)


def folder_of(run: Run) -> Path:
    """The run's private state."""
    return Path(run.world.keeper_socket).parent


def seen_normal(run: Run, fault: str, place: Place) -> dict[str, Any]:
    """What is measured on a link once `fault` is gone; `FaultNotCleared` if that is not what a free link does.

    While other faults of the network are in force there, nothing is normal: then nothing is measured.
    """
    with opened(folder_of(run)) as book:
        others = sorted({order.fault for end in place.ends.values() for order in book.orders(end)})
    if others:
        return {"path": f"not looked, still in force: {', '.join(others)}"}
    deadline = time.monotonic() + LOOK_AGAIN_WITHIN_S
    with Meter(place.namespace, place.near, place.far) as meter:
        while True:
            connects = meter.connects(CONNECTS, CONNECT_WITHIN_S)
            each = {way: meter.datagrams(way is Way.FROM_DESKTOPS, NORMAL_DATAGRAMS) for way in Way}
            seen = {**connect_words(connects), **{str(way): words(heard) for way, heard in each.items()}}
            normal = connects.p50_ms is not None and connects.p50_ms <= NORMAL_MS and not connects.failed
            if normal and not any(heard.sent - heard.arrived for heard in each.values()):
                break
            if time.monotonic() > deadline:
                raise FaultNotCleared(fault, f"every datagram within {NORMAL_MS:g} ms on {place.name}", str(seen))
    run.evidence.write("path.measured", fault=fault, place=place.name, when="cleared", found=seen)
    return seen


def _applied(run: Run, shaping: Shaping, lease: str, meant: list[Place], chosen: tuple[Way, ...]) -> dict[str, Any]:
    """Put the rules in force at every place, and prove them; what was read back and measured, by place."""
    before = {place.name: _beside(run, place) for place in meant}
    witnesses = {place.name: Witness(place, shaping.fault) for place in meant if place.witness}
    free = {name: witness.connects() for name, witness in witnesses.items()}
    orders = [
        Order(lease, shaping.fault, place.ends[way], Part(_aimed(shaping, place.target), shaping.shape))
        for place in meant
        for way in chosen
    ]
    # Sabotaged, a fault says that it is in force and does nothing: only the path can tell.
    sabotaged = shaping.fault in run.world.sabotage
    rules = {} if sabotaged else put_in_force(folder_of(run), orders)
    seen: dict[str, Any] = {}
    for place in meant:
        there = {str(place.ends[way]): rules[str(place.ends[way])] for way in chosen} if rules else {}
        shapes = {way: together((*before[place.name][way], shaping.shape)) for way in chosen}
        if place.witness:
            found = witnesses[place.name].proved(shapes, free[place.name])
        else:
            found = _proved(shaping, place, shapes)
        run.evidence.write("path.measured", fault=shaping.fault, place=place.name, when="injected", found=found)
        seen[place.name] = {"rules": there, **found}
    return seen


def _proved(shaping: Shaping, place: Place, shapes: Mapping[Way, Shape]) -> dict[str, Any]:
    target = _aimed(shaping, place.target)
    with Meter(place.namespace, place.near, place.far, target.ports) as meter:
        found: dict[str, Any] = {}
        for way in Way:
            if way in shapes:
                heard = shaping.prove(Look(shaping.fault, way, shapes[way], meter))
            else:
                heard = meter.datagrams(way is Way.FROM_DESKTOPS, NORMAL_DATAGRAMS)
            found[str(way)] = words(heard)
        found |= connect_words(meter.connects(CONNECTS, CONNECT_WITHIN_S))
    found["counters"] = {str(way): counters(place.ends[way]) for way in shapes}
    return found


def _aimed(shaping: Shaping, target: Target) -> Target:
    return Target(target.cidrs, shaping.udp_ports, udp_only=True) if shaping.udp_ports else target


def _beside(run: Run, place: Place) -> dict[Way, list[Shape]]:
    """What is ordered at a place already, by way."""
    with opened(folder_of(run)) as book:
        return {way: [order.part.shape for order in book.orders(end)] for way, end in place.ends.items()}
