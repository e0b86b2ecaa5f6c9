"""How many agents are not well again although the fault is gone."""

from chaoslib.types import Configuration

from harness.observing.history import recovery_times
from harness.observing.measuring import measuring

__all__ = ["agents_not_recovered"]


def agents_not_recovered(state: str = "both", within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of agents that are not well after the clearing of the last fault.

    `state` is `connected` (an open socket on the wire), `on_queue` (the API shows the agent ready for calls) or `both`.
    Waits up to `within_s` real-world seconds for the number to be 0.
    """
    look = measuring(configuration, "agents_not_recovered")

    def missing() -> int:
        return list(recovery_times(look.evidence(), look.agents, state, look.question).values()).count(None)

    return int(look.settled(missing, 0, within_s))
