"""How long it took agents to be well again once the fault was gone."""

from chaoslib.types import Configuration

from harness.observing.figures import statistic as statistic_of
from harness.observing.history import recovery_times
from harness.observing.measuring import measuring

__all__ = ["time_to_recover"]


def time_to_recover(
    statistic: str = "p95", state: str = "both", within_s: float = 0, configuration: Configuration = None
) -> float:
    """Real-world seconds from the clearing of the last fault until an agent was well and stayed so, over all agents.

    `state` is `connected` (an open socket on the wire), `on_queue` (the API shows the agent ready for calls;
    resolution: the validator's pace of 1 s) or `both`. `statistic` is p50, p95, p99, max, min or mean. Who was well
    all the time counts as 0, who is not well as 999999 s. Waits up to `within_s` real-world seconds for everybody.
    """
    look = measuring(configuration, "time_to_recover")

    def times() -> dict[str, int | None]:
        return recovery_times(look.evidence(), look.agents, state, look.question)

    look.settled(lambda: list(times().values()).count(None), 0, within_s)
    return statistic_of([look.seconds(t) for t in times().values()], statistic)
