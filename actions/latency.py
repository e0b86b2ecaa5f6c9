"""Packets that are held back on the desktops' network."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import keys, number, one_of
from harness.errors import BadInput
from harness.network.look import Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import LEAST_DELAY_MS, LESS, delay_wanted
from harness.network.shape import Shape
from harness.network.shaping import Shaping, inject
from harness.runtime import run_of

__all__ = ["inject_latency", "clear_latency"]

FAULT = "latency"
NEEDS = ("htb", "netem")
DISTRIBUTIONS = ("none", "normal", "pareto")
# Spread out, so that the delay and not the queue is measured.
DATAGRAMS = 150
APART_BIT = 400_000


def inject_latency(  # noqa: PLR0913 - the last one is given by Chaos Toolkit
    delay_ms: float = 200,
    jitter_ms: float = 0,
    variation: Settings = None,
    direction: str = "both",
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Hold back every packet on the desktops' network for `delay_ms`, give or take `jitter_ms`.

    `direction` is both (a round trip takes twice the delay longer), from_desktops or to_desktops. `variation` of the
    jitter: `{"distribution": "none" | "normal" | "pareto", "correlation_percent": 0 to 95}`. `on` says where:
    nothing for every site of the world, `{"site": "a"}`, or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"],
    "ports": [443]}`.

    Seen in force when numbered datagrams over the same link are that late; at a named interface when tc reads back as
    ordered and connects to the witness take as much longer than before.
    """
    number("delay_ms", delay_ms, 1, 60_000)
    number("jitter_ms", jitter_ms, 0, delay_ms)
    given = keys("variation", variation, ("distribution", "correlation_percent"))
    distribution = one_of("variation.distribution", given.get("distribution", "none"), DISTRIBUTIONS)
    correlation = number("variation.correlation_percent", given.get("correlation_percent", 0), 0, 95)
    scale = run_of(configuration).world.time_scale
    if (delay_ms - LESS * jitter_ms) * scale < LEAST_DELAY_MS:
        least = LEAST_DELAY_MS / scale + LESS * jitter_ms
        raise BadInput("delay_ms", f"at least {least:g} with this jitter in this world, to be seen", delay_ms)
    shape = Shape(
        delay_ms=delay_ms * scale,
        jitter_ms=jitter_ms * scale,
        delay_correlation=correlation,
        distribution="" if distribution == "none" or not jitter_ms else distribution,
    )
    return inject(configuration, Shaping(FAULT, shape, direction, seconds, on, _prove))


def clear_latency(configuration: Configuration = None) -> dict[str, Any]:
    """Let packets pass at once again; nothing to do if none are held back."""
    return clear(configuration, FAULT)


def _prove(look: Look) -> Heard:
    heard = look.send(DATAGRAMS, rate_bit=look.pace(APART_BIT))
    if not delay_wanted(look.shape, heard):
        raise look.refuse(f"{look.shape.delay_ms:.1f} ms", heard)
    return heard
