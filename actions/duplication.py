"""Packets that come twice on the desktops' network."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import number
from harness.network.look import Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import duplication
from harness.network.shape import Shape
from harness.network.shaping import Shaping, inject

__all__ = ["inject_duplication", "clear_duplication"]

FAULT = "duplication"
NEEDS = ("htb", "netem")
LEAST_PERCENT = 0.1


def inject_duplication(
    percent: float = 1,
    direction: str = "both",
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let `percent` of the packets on the desktops' network come twice.

    `direction` is both, from_desktops or to_desktops. `on` says where: nothing for
    every site of the world, `{"site": "a"}`, or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`.

    Seen in force when of numbered datagrams over the same link about as many arrive twice. At a named interface nobody
    of ours receives them: there it is believed when tc reads back as ordered and packets of connects to the witness
    pass its rules each way.
    """
    number("percent", percent, LEAST_PERCENT, 100)
    return inject(configuration, Shaping(FAULT, Shape(duplicate=percent), direction, seconds, on, _prove, duplication))


def clear_duplication(configuration: Configuration = None) -> dict[str, Any]:
    """Let packets come once again; nothing to do if none come twice."""
    return clear(configuration, FAULT)


def _prove(look: Look) -> Heard:
    ordered = duplication(look.shape)
    heard = look.count(ordered)
    if not ordered.believable(heard.repeated, heard.sent):
        raise look.refuse(f"{look.shape.duplicate:g} % twice", heard)
    return heard
