"""Whether desktops have the server's newest version of what they show."""

from chaoslib.types import Configuration

from harness.observing.api import Api
from harness.observing.figures import share
from harness.observing.measuring import Desktop, measuring
from harness.observing.observer import agent_statuses, conversation
from harness.observing.status import AgentStatus

__all__ = ["share_of_versions_current"]


def share_of_versions_current(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the desktops whose presence and calls are the server's newest versions.

    A presence' version is its modifiedDate; that of a call that is not over is compared where the server counts
    versions. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_versions_current")
    world = look.run.world
    with Api(world) as api:

        def current() -> float:
            desktops = look.desktops()
            statuses = agent_statuses(api, world.queue_id, look.agents)
            good = [a for a in look.agents if _is_current(api, desktops.get(a), statuses.get(a))]
            return share(len(good), len(look.agents), look.question, "agents in the world")

        return look.settled(current, 1.0, within_s)


def _is_current(api: Api, desktop: Desktop | None, status: AgentStatus | None) -> bool:
    if desktop is None or status is None or str(desktop.row.get("presence_version")) != status.modified:
        return False
    for call in desktop.row.get("conversations") or ():
        if call["state"] == "ended":
            continue
        version = conversation(api, str(call["id"])).version
        if version is not None and call.get("version") != version:
            return False
    return True
