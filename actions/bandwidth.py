"""A slow link between the desktops and everybody else."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import number, whole
from harness.network.meter import Heard
from harness.network.proof import rate_wanted
from harness.network.shape import Shape
from harness.network.shaping import Look, Shaping, clear, inject
from harness.runtime import run_of

__all__ = ["inject_bandwidth", "clear_bandwidth"]

FAULT = "bandwidth"
NEEDS = ("htb",)


def inject_bandwidth(
    rate_kbit: float = 64,
    burst_bytes: int = 0,
    direction: str = "both",
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let only `rate_kbit` (1000 bit/s) pass over the desktops' network, for all of its desktops together.

    `burst_bytes` may pass at once; 0 is 10 ms' worth. What comes faster is queued for at most a quarter of a second,
    then lost. The rate is a real-world one: in a world ten times as fast, ten times as much passes. `direction` is
    both, from_desktops or to_desktops. `on` says where: nothing for every site of the world, `{"site": "a"}`, or
    `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`.

    Seen in force when datagrams that are sent faster arrive at that rate.
    """
    number("rate_kbit", rate_kbit, 8, 10_000_000)
    whole("burst_bytes", burst_bytes, 0, 10_000_000)
    scale = run_of(configuration).world.time_scale
    shape = Shape(rate_bit=round(rate_kbit * 1000 / scale), burst_bytes=burst_bytes)
    return inject(configuration, Shaping(FAULT, shape, direction, seconds, on, prove))


def clear_bandwidth(configuration: Configuration = None) -> dict[str, Any]:
    """Let everything pass again; nothing to do if the link is not slow."""
    return clear(configuration, FAULT)


def prove(look: Look) -> Heard:
    """The proof that datagrams arrive no faster than ordered."""
    heard = look.flood()
    if not rate_wanted(look.shape, heard):
        raise look.refuse(f"about {look.shape.rate_bit / 1000:.1f} kbit/s", heard)
    return heard
