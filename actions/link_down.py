"""A network link without a cable."""

from dataclasses import asdict
from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.fault import carry_out
from harness.errors import BadInput, FaultNotInForce
from harness.network.cutting import seen_cut
from harness.network.link import found, is_up, take_down
from harness.network.meant import folder_of, meant
from harness.network.normal import clear
from harness.network.place import Place, Way

__all__ = ["inject_link_down", "clear_link_down"]

FAULT = "link_down"
NEEDS = ("veth",)


def inject_link_down(
    direction: str = "both", seconds: float = 60, on: Settings = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Take the desktops' network link down, as when somebody pulls the cable; always for both directions.

    `on` says where: nothing for every site of the world, `{"site": "a"}`, or `{"interface": "eth0",
    "whole_interface": true}`: a link is down for everybody.

    Seen in force when connects over the link do not come about and no datagram arrives.
    """
    order = meant(configuration, FAULT, NEEDS, direction, seconds, on)
    if direction != "both":
        raise BadInput("direction", "both, for a link that is down", direction)
    if limited := [place.name for place in order.places if not place.target.everything]:
        raise BadInput("on", "no cidrs and no ports, for a link that is down", limited[0])
    # At a site the far end is taken down: desktops keep their addresses and routes, as with a cable that is pulled.
    links = [found(_interface(place)) for place in order.places]

    def apply(lease: str) -> dict[str, Any]:
        names = [link.interface for link in links]
        states = {} if order.sabotaged else take_down(folder_of(order.run), FAULT, lease, names)
        if up := [name for name in names if is_up(name)]:
            raise FaultNotInForce(FAULT, "links that are down", f"{', '.join(up)} up")
        seen: dict[str, Any] = {}
        for place in order.places:
            seen[place.name] = seen_cut(FAULT, place, tuple(Way))
            order.measured(place, seen[place.name])
        return {**seen, "links": states}

    breakage = order.breakage({}, "harness.network.link", "bring_up", links=[asdict(link) for link in links])
    return carry_out(order.run, breakage, apply)


def clear_link_down(configuration: Configuration = None) -> dict[str, Any]:
    """Put the link up again; nothing to do if it is not down."""
    return clear(configuration, FAULT)


def _interface(place: Place) -> str:
    return place.ends[Way.FROM_DESKTOPS if place.witness else Way.TO_DESKTOPS].interface
