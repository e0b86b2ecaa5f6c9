"""Whether what the agent is shown is true: banner against the wire, presence and routing status against the API."""

from chaoslib.types import Configuration

from harness.observing.api import Api
from harness.observing.figures import share
from harness.observing.history import is_open, socket_spans
from harness.observing.measuring import Desktop, measuring
from harness.observing.observer import agent_statuses
from harness.observing.status import AgentStatus, spelt_as_in_events

__all__ = ["share_of_statuses_matching_banner"]


def share_of_statuses_matching_banner(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the desktops that tell their agent the truth.

    A desktop that shows "connected" must have an open socket on the wire and show the presence and routing status that
    the API reports; one that shows "connecting" may have one, which it is still catching up on; one that shows anything
    else must have none. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_statuses_matching_banner")
    world = look.run.world
    with Api(world) as api:

        def truthful() -> float:
            statuses = agent_statuses(api, world.queue_id, look.agents)
            desktops, evidence = look.desktops(), look.evidence()
            now = evidence.entries[-1].t if evidence.entries else 0
            wired = {agent: is_open(spans, now) for agent, spans in socket_spans(evidence, look.agents).items()}
            good = [a for a in look.agents if _is_true(desktops.get(a), statuses.get(a), wired[a])]
            return share(len(good), len(look.agents), look.question, "agents in the world")

        return look.settled(truthful, 1.0, within_s)


def _is_true(desktop: Desktop | None, status: AgentStatus | None, wired: bool) -> bool:
    if desktop is None or status is None:
        return False
    if not desktop.says_connected:
        return not wired or desktop.banner == "connecting"
    return wired and spelt_as_in_events(desktop.presence) == status.presence and desktop.routing == status.routing
