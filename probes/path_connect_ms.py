"""How long it takes to connect over the desktops' network."""

from chaoslib.types import Configuration

from harness.observing.figures import NEVER_S
from harness.observing.measuring import measuring
from harness.observing.paths import measured_on_paths

__all__ = ["path_connect_ms"]


def path_connect_ms(fault: str = "", site: str = "", configuration: Configuration = None) -> float:
    """Real-world milliseconds that a TCP connect over the desktops' own link takes (p50), the slowest of the sites.

    With `fault` it is what was measured when that fault was last seen in force; without, it is measured now. `site` is
    the name of one, "" for all. Where no connect comes about it is 999999000.
    """
    look = measuring(configuration, "path_connect_ms")
    times = measured_on_paths(look, "connect_ms", fault, site)
    if None in times:
        return NEVER_S * 1000
    return max(round(look.run.unscaled(float(time)), 2) for time in times)
