"""Established TCP connections that are reset (RST)."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.fault import carry_out
from harness.network.meant import folder_of, meant
from harness.network.normal import clear
from harness.network.resetting import Trial, orders, reset

__all__ = ["inject_connection_reset", "clear_connection_reset"]

FAULT = "connection_reset"
NEEDS = ("ss_kill",)


def inject_connection_reset(
    direction: str = "both", seconds: float = 60, on: Settings = None, configuration: Configuration = None
) -> dict[str, Any]:
    """Reset every TCP connection that is established over the desktops' network now; new ones can be made at once.

    `direction` is which way the RST travels: to_desktops, from_desktops (the desktop's own machine drops its sockets),
    or both. `on` says which: nothing for every site of the world, `{"site": "a", "ports": [443]}` (ports of the other
    side), or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`, where both is from_desktops: only the
    machine's own sockets can be dropped. At the latest after `seconds` it has to be cleared.

    Seen in force when connections of our own over the same link, made before, are dead.
    """
    order = meant(configuration, FAULT, NEEDS, direction, seconds, on)

    for place in order.places:
        orders(place, order.ways)  # refuses before anything is touched

    def apply(lease: str) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for place in order.places:
            with Trial(place, FAULT) as trial:
                aborted = [] if order.sabotaged else reset(folder_of(order.run), FAULT, lease, place, order.ways)
                seen[place.name] = {**trial.seen_dead(), "connections": trial.theirs(aborted)}
            order.measured(place, seen[place.name])
        return seen

    return carry_out(order.run, order.breakage({}, "harness.network.resetting", "undo"), apply)


def clear_connection_reset(configuration: Configuration = None) -> dict[str, Any]:
    """See that connections can be made again; nothing to do if none were reset."""
    return clear(configuration, FAULT)
