"""A slow link between the desktops and everybody else."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import number, whole
from harness.network.look import FASTEST_BIT, Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import rate_kept
from harness.network.shape import Shape
from harness.network.shaping import Shaping, inject
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

    Seen in force when datagrams that are sent faster arrive at that rate; at a named interface when tc reads back as
    ordered and packets of connects to the witness pass its rules each way.
    """
    scale = run_of(configuration).world.time_scale
    number("rate_kbit", rate_kbit, 8, FASTEST_BIT / 1000 * scale)
    whole("burst_bytes", burst_bytes, 0, 10_000_000)
    shape = Shape(rate_bit=round(rate_kbit * 1000 / scale), burst_bytes=burst_bytes)
    return inject(configuration, Shaping(FAULT, shape, direction, seconds, on, _prove))


def clear_bandwidth(configuration: Configuration = None) -> dict[str, Any]:
    """Let everything pass again; nothing to do if the link is not slow."""
    return clear(configuration, FAULT)


def _prove(look: Look) -> Heard:
    ordered = look.own.rate_bit
    heard = look.flood()
    # Where another fault makes UDP slower still, TCP tells.
    found_bit = heard.rate_bit if look.shape.rate_bit == ordered else look.stream_bit()
    if not rate_kept(ordered, found_bit):
        raise look.refuse(f"at most {ordered / 1000:.1f} kbit/s", f"{found_bit / 1000:.1f} kbit/s")
    return heard
