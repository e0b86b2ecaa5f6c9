"""A network in which packets vanish without a word."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.fault import carry_out
from harness.errors import FaultNotInForce
from harness.network.cutting import counted, dig, holes, seen_cut
from harness.network.meant import folder_of, meant
from harness.network.normal import clear

__all__ = ["inject_blackhole", "clear_blackhole"]

FAULT = "blackhole"
NEEDS = ("nft",)


def inject_blackhole(
    direction: str = "both", seconds: float = 60, on: Settings = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Drop every packet on the desktops' network; nobody is told.

    `direction` is both, from_desktops or to_desktops. `on` says where: nothing for every site of the world,
    `{"site": "a"}`, or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`.

    Seen in force when connects over the same link do not come about and no datagram arrives.
    """
    order = meant(configuration, FAULT, NEEDS, direction, seconds, on)
    dug = [hole for place in order.places for hole in holes(place, order.ways)]
    namespaces = sorted({hole.namespace for hole in dug})

    def apply(lease: str) -> dict[str, Any]:
        rules = {} if order.sabotaged else dig(folder_of(order.run), FAULT, lease, dug)
        seen: dict[str, Any] = {}
        for place in order.places:
            seen[place.name] = seen_cut(FAULT, place, order.ways)
            order.measured(place, seen[place.name])
        dropped = counted(lease, dug)
        if not dropped:
            raise FaultNotInForce(FAULT, "packets that were dropped", "none")
        return {**seen, **rules, "dropped": dropped}

    breakage = order.breakage({}, "harness.network.cutting", "fill", namespaces=namespaces)
    return carry_out(order.run, breakage, apply)


def clear_blackhole(configuration: Configuration = None) -> dict[str, Any]:
    """Let packets pass again; nothing to do if none are dropped."""
    return clear(configuration, FAULT)
