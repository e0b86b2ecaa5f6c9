"""Whether a change that is made now is seen on the desktops: the proof of a live subscription."""

from chaoslib.types import Configuration

from harness.errors import BadInput
from harness.observing.figures import share
from harness.observing.measuring import measuring

__all__ = ["share_of_desktops_hearing"]


def share_of_desktops_hearing(marker: str, within_s: float = 5, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the desktops that show the presence message `marker`, written to every agent just before.

    The action `touch_presences` writes it at the server. Waits up to `within_s` real-world seconds for all; keep that
    below the pace at which a desktop reads its presence again by itself, or a deaf desktop passes.
    """
    look = measuring(configuration, "share_of_desktops_hearing")
    if not marker:
        raise BadInput("marker", "the message that touch_presences wrote", marker)

    def hearing() -> float:
        desktops = look.desktops()
        heard = [a for a in look.agents if a in desktops and desktops[a].row.get("presence_message") == marker]
        return share(len(heard), len(look.agents), look.question, "agents in the world")

    return look.settled(hearing, 1.0, within_s)
