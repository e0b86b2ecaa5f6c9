"""Whether the wrap-ups that agents submitted are where they belong."""

from chaoslib.types import Configuration

from harness.observing.api import Api
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.observer import conversation

__all__ = ["share_of_wrapups_filed"]


def share_of_wrapups_filed(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the wrap-ups that desktops show as submitted, that the server has for that agent and call.

    Notes, and the code if one was chosen, must be the same. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_wrapups_filed")
    with Api(look.run.world) as api:

        def filed() -> float:
            newest = {(e.agent, str(e["conversation"])): e for e in look.evidence().of("wrapup.shown", source="crowd")}
            said = {key: e for key, e in newest.items() if e["state"] == "submitted" and key[0] in look.agents}
            good = 0
            for (agent, call), shown in said.items():
                there = [part.wrapup for part in conversation(api, call).parts if part.agent == agent and part.wrapup]
                good += any(w["notes"] == (shown["notes"] or "") and shown["code"] in (None, w["code"]) for w in there)
            return share(good, len(said), look.question, "wrap-ups that desktops show as submitted")

        return look.settled(filed, 1.0, within_s)
