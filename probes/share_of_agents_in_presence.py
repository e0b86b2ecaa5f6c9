"""What the supervisor sees: how many agents are in the presence that they should be in."""

from chaoslib.types import Configuration

from harness.observing.api import Api
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.observer import agent_statuses
from harness.observing.status import spelt_as_in_events

__all__ = ["share_of_agents_in_presence"]


def share_of_agents_in_presence(presence: str, within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the agents that the API shows in `presence`: `On Queue`, `Meeting`, ... in any spelling.

    Waits up to `within_s` real-world seconds for all of them.
    """
    look = measuring(configuration, "share_of_agents_in_presence")
    world = look.run.world
    wanted = spelt_as_in_events(presence)
    with Api(world) as api:

        def there() -> float:
            statuses = agent_statuses(api, world.queue_id, look.agents)
            good = [agent for agent, status in statuses.items() if status.presence == wanted]
            return share(len(good), len(look.agents), look.question, "agents in the world")

        return look.settled(there, 1.0, within_s)
