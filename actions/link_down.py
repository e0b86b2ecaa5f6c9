"""A network link that is down."""

from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.fault import carry_out
from harness.errors import BadInput, FaultNotInForce
from harness.network.cutting import seen_cut
from harness.network.link import found, is_up, take_down
from harness.network.meant import Meant, folder_of, meant
from harness.network.normal import clear
from harness.network.place import Place, Way
from harness.network.resetting import Trial, reset

__all__ = ["inject_link_down", "clear_link_down"]

FAULT = "link_down"
NEEDS = ("veth",)
NEEDS_WITH = {"drop_connections": ("ss_kill",)}


def inject_link_down(
    direction: str = "both",
    drop_connections: bool = False,
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Take the desktops' end of their network link down, for both directions. They are told that there is none.

    TCP connections outlive that, unless `drop_connections`: then the desktops' own machine aborts them, as browsers do
    when the network changes (ERR_NETWORK_CHANGED); the other side hears nothing of it.
    `on` says where: nothing for every site of the world, `{"site": "a"}`, or `{"interface": "eth0",
    "whole_interface": true}`: a link is down for everybody.

    Seen in force when connects over the link do not come about and no datagram arrives, and connections of our own
    that were made before are dead, if they are to be.
    """
    needs = (*NEEDS, *NEEDS_WITH["drop_connections"]) if drop_connections else NEEDS
    order = meant(configuration, FAULT, needs, direction, seconds, on)
    if direction != "both":
        raise BadInput("direction", "both, for a link that is down", direction)
    if limited := [place.name for place in order.places if not place.target.everything]:
        raise BadInput("on", "no cidrs and no ports, for a link that is down", limited[0])
    # The desktops' own end: with the other one down, what is meant for them would leave by the machine's default route.
    ends = [place.ends[Way.FROM_DESKTOPS] for place in order.places]
    links = [found(end.namespace, end.interface) for end in ends]

    if drop_connections and any(place.witness for place in order.places):
        raise BadInput("drop_connections", "false, at a named interface", True)

    def apply(lease: str) -> dict[str, Any]:
        with ExitStack() as held:
            trials = [held.enter_context(Trial(place, FAULT)) for place in order.places if drop_connections]
            states = {} if order.sabotaged else take_down(folder_of(order.run), FAULT, lease, links)
            if up := [link.interface for link in links if is_up(link)]:
                raise FaultNotInForce(FAULT, "links that are down", f"{', '.join(up)} up")
            dropped = {
                place.name: _dropped(order, lease, place, trial)
                for place, trial in zip(order.places, trials, strict=False)
            }
        seen: dict[str, Any] = {}
        for place in order.places:
            seen[place.name] = {**dropped.get(place.name, {}), **seen_cut(FAULT, place, tuple(Way))}
            order.measured(place, seen[place.name])
        return {**seen, "links": states}

    breakage = order.breakage({}, "harness.network.link", "bring_up", links=[asdict(link) for link in links])
    return carry_out(order.run, breakage, apply)


def clear_link_down(configuration: Configuration = None) -> dict[str, Any]:
    """Put the link up again; nothing to do if it is not down."""
    return clear(configuration, FAULT)


def _dropped(order: Meant, lease: str, place: Place, trial: Trial) -> dict[str, Any]:
    """Abort what the desktops' own machine has established; what was seen of it."""
    aborted = reset(folder_of(order.run), FAULT, lease, place, (Way.FROM_DESKTOPS,))
    return {**trial.seen_dead(), "connections": trial.theirs(aborted)}
