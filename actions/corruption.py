"""Packets with a wrong bit on the desktops' network."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import number
from harness.network.look import Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import Chance, corruption, loss
from harness.network.shape import Shape
from harness.network.shaping import Shaping, inject

__all__ = ["inject_corruption", "clear_corruption"]

FAULT = "corruption"
NEEDS = ("htb", "netem")
LEAST_PERCENT = 0.1


def inject_corruption(
    percent: float = 1,
    direction: str = "both",
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Turn one random bit round in `percent` of the packets on the desktops' network.

    `direction` is both, from_desktops or to_desktops. `on` says where: nothing for
    every site of the world, `{"site": "a"}`, or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`.

    Seen in force when of numbered datagrams that arrive over the same link about as many are spoilt. At a named
    interface nobody of ours receives them: there it is believed when tc reads back as ordered and packets of connects
    to the witness pass its rules each way.
    """
    number("percent", percent, LEAST_PERCENT, 100)
    return inject(configuration, Shaping(FAULT, Shape(corrupt=percent), direction, seconds, on, _prove, _of_sent))


def clear_corruption(configuration: Configuration = None) -> dict[str, Any]:
    """Leave packets whole again; nothing to do if none are spoilt."""
    return clear(configuration, FAULT)


def _of_sent(shape: Shape) -> Chance:
    return Chance(corruption(shape).share * (1 - loss(shape).share))


def _prove(look: Look) -> Heard:
    heard = look.count(_of_sent(look.shape))
    if not corruption(look.shape).believable(heard.spoilt, len(heard.delays_ms) + heard.spoilt):
        raise look.refuse(f"{look.shape.corrupt:g} % spoilt", heard)
    return heard
