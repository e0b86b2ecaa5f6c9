"""Packets that are lost on the desktops' network: here and there, or in bursts."""

from typing import Any

from chaoslib.types import Configuration, Settings

from harness.breaking.limits import keys, number
from harness.network.look import Look
from harness.network.meter import Heard
from harness.network.normal import clear
from harness.network.proof import loss
from harness.network.shape import Shape
from harness.network.shaping import Shaping, inject

__all__ = ["inject_packet_loss", "clear_packet_loss"]

FAULT = "packet_loss"
NEEDS = ("htb", "netem")
LEAST_PERCENT = 0.1


def inject_packet_loss(  # noqa: PLR0913 - the last one is given by Chaos Toolkit
    percent: float = 2,
    correlation_percent: float = 0,
    burst: Settings = None,
    direction: str = "both",
    seconds: float = 60,
    on: Settings = None,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Lose `percent` of the packets on the desktops' network; with `correlation_percent`, more of them in a row.

    With `burst` instead, the Gilbert-Elliott model: `{"begin_percent": 1, "end_percent": 20, "lost_percent": 100,
    "lost_between_percent": 0}`: each packet begins or ends a burst with that chance; so much is lost inside bursts, and
    between them. `direction` is both, from_desktops or to_desktops. `on` says where: nothing for every site of the
    world, `{"site": "a"}`, or `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`.

    Seen in force when of numbered datagrams over the same link about as many are lost as ordered; at a named interface
    when tc reads back as ordered and counts packets of the link that it dropped each way, and, of 100 %, when no
    connect to the witness comes about.
    """
    number("percent", percent, LEAST_PERCENT, 100)
    number("correlation_percent", correlation_percent, 0, 95)
    shape = Shape(burst=_bursts(burst)) if burst else _loss(percent, correlation_percent)
    return inject(configuration, Shaping(FAULT, shape, direction, seconds, on, _prove, loss))


def clear_packet_loss(configuration: Configuration = None) -> dict[str, Any]:
    """Lose nothing more; nothing to do if nothing is lost."""
    return clear(configuration, FAULT)


def _loss(percent: float, correlation_percent: float) -> Shape:
    if not correlation_percent or percent == 100:
        return Shape(loss=percent)
    # netem's own correlation makes loss far rarer than ordered: of 20,000 datagrams `loss 2% 25%` lost 3, and
    # `loss 10% 25%` lost 375 (Linux 6.1); tc-netem(8) calls it "deprecated due to the noticed bad behavior". A Gilbert
    # chain with the same correlation from packet to packet lost 390 of 20,000 with 2 % ordered.
    share, change = percent / 100, 1 - correlation_percent / 100
    return Shape(burst=(100 * share * change, 100 * (1 - share) * change, 100.0, 0.0))


def _bursts(burst: dict[str, Any]) -> tuple[float, ...]:
    wanted = {"begin_percent": 1.0, "end_percent": 20.0, "lost_percent": 100.0, "lost_between_percent": 0.0}
    given = wanted | keys("burst", burst, wanted)
    number("burst.begin_percent", given["begin_percent"], 0.01, 100)
    number("burst.end_percent", given["end_percent"], 0.1, 100)
    number("burst.lost_percent", given["lost_percent"], 1, 100)
    number("burst.lost_between_percent", given["lost_between_percent"], 0, 100)
    return tuple(float(given[name]) for name in wanted)


def _prove(look: Look) -> Heard:
    ordered = loss(look.shape)
    heard = look.count(ordered)
    if not ordered.believable(heard.sent - heard.arrived, heard.sent):
        raise look.refuse(f"{100 * ordered.share:.3g} % lost", heard)
    return heard
