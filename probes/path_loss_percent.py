"""How much is lost on the desktops' network."""

from chaoslib.types import Configuration

from harness.breaking.limits import one_of
from harness.observing.measuring import measuring
from harness.observing.paths import measured_on_paths

__all__ = ["path_loss_percent"]


def path_loss_percent(
    direction: str = "to_desktops", fault: str = "", site: str = "", configuration: Configuration = None
) -> float:
    """Percent of numbered datagrams that do not arrive, measured on the desktops' own link, the worst of the sites.

    `direction` is from_desktops or to_desktops. With `fault` it is what was measured when that fault was last seen in
    force; without, it is measured now. `site` is a site's name, "" for all.
    """
    one_of("direction", direction, ("from_desktops", "to_desktops"))
    found = measured_on_paths(measuring(configuration, "path_loss_percent"), direction, fault, site)
    return max(float(one["lost_percent"]) for one in found)
