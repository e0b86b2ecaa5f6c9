"""A voice path without room, while signalling has all it needs."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import number
from harness.errors import BadInput
from harness.network.look import FASTEST_BIT, Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import SIZE, rate_kept
from harness.network.shape import Shape
from harness.network.shaping import Shaping, inject
from harness.runtime import run_of

__all__ = ["inject_media_throttle", "clear_media_throttle"]

FAULT = "media_throttle"
NEEDS = ("htb",)
# Where RTP is; DNS and everything over TCP are not touched.
RTP_PORTS = ((1024, 65535),)
# So much faster than the throttled media must TCP be.
UNTOUCHED = 2.0


def inject_media_throttle(
    rate_kbit: float = 16,
    direction: str = "both",
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let only `rate_kbit` (1000 bit/s) of UDP with ports 1024 to 65535 pass over the desktops' network, altogether.

    TCP is not touched. One call needs about 85 kbit/s each way. The rate is a real-world one: in a world ten times as
    fast, ten times as much passes. `direction` is both, from_desktops or to_desktops. `on` says where: nothing for
    every site of the world, `{"site": "a"}`, or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"]}`; it takes no ports.

    Seen in force when datagrams that are sent faster are lost and arrive no faster than that, while TCP over the same
    link is faster; at a named interface when tc reads back as ordered and packets of a call in hand pass its rules each
    way.
    """
    if (on or {}).get("ports"):
        raise BadInput("on.ports of media_throttle", "none: it is for UDP with ports 1024 to 65535", on["ports"])
    scale = run_of(configuration).world.time_scale
    number("rate_kbit", rate_kbit, 8, FASTEST_BIT / 1000 * scale)
    shape = Shape(rate_bit=round(rate_kbit * 1000 / scale))

    def foresee(whole: Shape) -> None:
        if whole.rate_bit < shape.rate_bit:
            raise BadInput(
                "media_throttle on a link",
                f"no rate in force below its own of {shape.rate_bit / 1000:.1f} kbit/s here",
                f"{whole.rate_bit / 1000:.1f} kbit/s by another fault",
            )

    return inject(configuration, Shaping(FAULT, shape, direction, seconds, on, _prove, foresee, RTP_PORTS))


def clear_media_throttle(configuration: Configuration = None) -> dict[str, Any]:
    """Let all media pass again; nothing to do if it is not throttled."""
    return clear(configuration, FAULT)


def _prove(look: Look) -> Heard:
    ordered, alone = look.own.rate_bit, look.own == look.shape
    # As small as packets of voice: larger ones would find no room in a queue that is full of calls in progress.
    heard = look.flood(SIZE)
    if not rate_kept(ordered, heard.rate_bit):
        raise look.refuse(f"UDP at no more than {ordered / 1000:.1f} kbit/s", heard)
    tcp_bit = look.stream_bit() if alone else 0
    if alone and tcp_bit < UNTOUCHED * ordered:
        raise look.refuse(f"TCP faster than {UNTOUCHED * ordered / 1000:.1f} kbit/s", f"{tcp_bit / 1000:.1f} kbit/s")
    return heard
