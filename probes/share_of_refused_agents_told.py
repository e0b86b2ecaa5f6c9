"""Whether agents whose session is over are told so."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.figures import share
from harness.observing.history import refusals
from harness.observing.measuring import measuring

__all__ = ["share_of_refused_agents_told"]


def share_of_refused_agents_told(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the agents whose refresh the login host refused for good, whose desktop shows "logged_out".

    Waits up to `within_s` real-world seconds for all. Without any refusal there is nothing to measure.
    """
    look = measuring(configuration, "share_of_refused_agents_told")

    def told() -> float:
        refused = refusals(look.evidence(), look.agents)
        if not refused:
            raise NoEvidence(look.question, "agents whose refresh was refused", "none")
        desktops = look.desktops()
        good = [agent for agent in refused if agent in desktops and desktops[agent].banner == "logged_out"]
        return share(len(good), len(refused), look.question, "agents whose refresh was refused")

    return look.settled(told, 1.0, within_s)
