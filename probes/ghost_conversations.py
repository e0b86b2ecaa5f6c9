"""Whether desktops show calls that are over, or hide calls that are there."""

from chaoslib.types import Configuration

from harness.observing.api import Api
from harness.observing.measuring import measuring
from harness.observing.observer import conversation, conversation_details, conversation_ids
from harness.observing.status import LIVE_STATES

__all__ = ["ghost_conversations"]


def ghost_conversations(within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of calls that ring or are connected for a desktop and not for the server, or the other way round.

    Waits up to `within_s` real-world seconds for the number to be 0.
    """
    look = measuring(configuration, "ghost_conversations")
    agents = set(look.agents)
    with Api(look.run.world) as api:

        def ghosts() -> int:
            shown = {
                (agent, call)
                for agent, desktop in look.desktops().items()
                for call, state in desktop.conversations.items()
                if state in LIVE_STATES and agent in agents
            }
            ids = {call for _, call in shown} | set(
                conversation_ids(conversation_details(api, agents, active_only=True))
            )
            there = {
                (part.agent, call)
                for call in ids
                for part in conversation(api, call).parts
                if part.live and part.agent in agents
            }
            return len(shown ^ there)

        return int(look.settled(ghosts, 0, within_s))
