"""Packets that overtake others on the desktops' network."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import number
from harness.network.look import Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import Chance
from harness.network.shape import Shape
from harness.network.shaping import Shaping, inject
from harness.runtime import run_of

__all__ = ["inject_reordering", "clear_reordering"]

FAULT = "reordering"
NEEDS = ("htb", "netem")


def inject_reordering(
    percent: float = 25,
    delay_ms: float = 50,
    direction: str = "both",
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Hold back packets on the desktops' network for `delay_ms`, but let `percent` of them pass at once.

    `direction` is both, from_desktops or to_desktops. `on` says where: nothing for every site of the world,
    `{"site": "a"}`, or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`.

    Seen in force when of numbered datagrams over the same link about as many overtake others.
    """
    number("percent", percent, 0.1, 99)
    number("delay_ms", delay_ms, 10, 60_000)
    delay_ms *= run_of(configuration).world.time_scale
    shape = Shape(reorder=percent, delay_ms=delay_ms)
    return inject(configuration, Shaping(FAULT, shape, direction, seconds, on, _prove))


def clear_reordering(configuration: Configuration = None) -> dict[str, Any]:
    """Let packets keep their order again; nothing to do if none overtake."""
    return clear(configuration, FAULT)


def _prove(look: Look) -> Heard:
    ordered = Chance(look.shape.reorder / 100)
    heard = look.count(ordered)
    if not ordered.believable(heard.overtaking, heard.sent):
        raise look.refuse(f"{look.shape.reorder:g} % overtaking others", heard)
    return heard
