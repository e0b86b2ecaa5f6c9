"""Whether those who are connected can hear each other."""

from chaoslib.types import Configuration

from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.observing.voice import calls_connected, newest_loss

__all__ = ["share_of_calls_with_voice"]

# Both ends write about every 5 s; twice that and a little more, and the line is old.
FRESH_S = 12.0


def share_of_calls_with_voice(
    max_loss_percent: float = 5, within_s: float = 0, configuration: Configuration = None
) -> float:
    """Share (0 to 1) of the connected calls whose voice arrives at both ends, at most `max_loss_percent` of it lost.

    Measured by desktop and cloud in the last seconds, whatever the desktop shows. A call on a phone has no voice path,
    and counts as without. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_calls_with_voice")

    def heard() -> float:
        evidence = look.evidence()
        now = evidence.entries[-1].t if evidence.entries else 0
        calls = calls_connected(evidence, look.agents, now)
        losses = [newest_loss(evidence, call, now - look.nanoseconds(FRESH_S)) for call in calls]
        good = [loss for loss in losses if loss is not None and loss <= max_loss_percent]
        return share(len(good), len(calls), look.question, "connected calls")

    return look.settled(heard, 1.0, within_s)
