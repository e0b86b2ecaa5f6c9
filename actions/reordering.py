"""Packets that overtake others on the desktops' network."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import number
from harness.network.look import Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import Chance, loss, reordering
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

    Cannot be together with latency: what overtakes would not be late.

    Seen in force when of numbered datagrams over the same link about as many are not held back, and some overtake
    others. At a named interface nobody of ours receives them: there it is believed when tc reads back as ordered and
    packets of connects to the witness pass its rules each way.
    """
    number("percent", percent, 0.1, 99)
    number("delay_ms", delay_ms, 10, 60_000)
    delay_ms *= run_of(configuration).world.time_scale
    shape = Shape(reorder=percent, delay_ms=delay_ms)
    return inject(configuration, Shaping(FAULT, shape, direction, seconds, on, _prove, _of_sent))


def clear_reordering(configuration: Configuration = None) -> dict[str, Any]:
    """Let packets keep their order again; nothing to do if none overtake."""
    return clear(configuration, FAULT)


def _of_sent(shape: Shape) -> Chance:
    """The rarer ones."""
    return Chance(min(shape.reorder, 100 - shape.reorder) / 100 * (1 - loss(shape).share))


def _prove(look: Look) -> Heard:
    heard = look.count(_of_sent(look.shape))
    # Those before the first that is held back overtake nobody, so that what is held back is counted.
    held = sum(delay_ms >= look.shape.delay_ms / 2 for delay_ms in heard.delays_ms)
    if not heard.overtaking or not reordering(look.shape).believable(held, len(heard.delays_ms)):
        raise look.refuse(f"{look.shape.reorder:g} % overtaking others", heard)
    return heard
