"""Whether the API's own resources say the same about an agent."""

from chaoslib.types import Configuration

from harness.observing.api import Api, segment
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.observer import agent_statuses
from harness.observing.status import AgentStatus, presence_of, user_status

__all__ = ["share_of_presence_endpoints_agreeing"]


def share_of_presence_endpoints_agreeing(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the agents about whom four resources agree: the presence source, the routing status, the user,
    the queue.

    They are `presences/PURECLOUD`, `routingstatus`, the expanded user, and the members of the chaos queue. As they
    cannot be read at one moment, agents that disagree are read again for up to `within_s` real-world seconds.
    """
    look = measuring(configuration, "share_of_presence_endpoints_agreeing")
    agreed: set[str] = set()
    with Api(look.run.world) as api:

        def agreeing() -> float:
            members = agent_statuses(api, look.run.world.queue_id, look.agents)
            for agent in look.agents:
                if agent not in agreed and _agree(api, agent, members.get(agent)):
                    agreed.add(agent)
            return share(len(agreed), len(look.agents), look.question, "agents in the world")

        return look.settled(agreeing, 1.0, within_s)


def _agree(api: Api, agent: str, member: AgentStatus | None) -> bool:
    path = f"/api/v2/users/{segment(agent)}"
    user = user_status(api.get(path, expand="presence,routingStatus"), joined=True)
    presences = {user.presence, presence_of(api.get(f"{path}/presences/PURECLOUD"))}
    routings = {user.routing, str(api.get(f"{path}/routingstatus").get("status"))}
    if member is not None:
        presences.add(member.presence)
        routings.add(member.routing)
    return len(presences) == 1 and len(routings) == 1
