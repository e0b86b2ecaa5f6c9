"""How many agents can get calls: On Queue, member of the queue, and not set aside by the routing."""

from chaoslib.types import Configuration

from harness.observing.api import Api
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.observer import agent_statuses

__all__ = ["share_of_agents_back_on_queue"]


def share_of_agents_back_on_queue(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the agents that the API shows with presence On Queue, joined to the chaos queue, and idle or
    at work.

    Waits up to `within_s` real-world seconds for all of them.
    """
    look = measuring(configuration, "share_of_agents_back_on_queue")
    world = look.run.world
    with Api(world) as api:

        def at_work() -> float:
            statuses = agent_statuses(api, world.queue_id, look.agents)
            good = [agent for agent, status in statuses.items() if status.at_work]
            return share(len(good), len(look.agents), look.question, "agents in the world")

        return look.settled(at_work, 1.0, within_s)
