"""How much of what agents did was done in the end."""

from chaoslib.types import Configuration

from harness.observing.figures import share
from harness.observing.history import since_fault
from harness.observing.measuring import measuring
from harness.observing.traffic import write_outcomes

__all__ = ["share_of_writes_done"]


def share_of_writes_done(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the desktops' writes since the first fault that were done.

    A write that failed, or whose outcome nobody knows, is made good by a later one of the same agent, method and path
    that was done. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_writes_done")

    def done() -> float:
        evidence = look.evidence()
        start = since_fault(evidence)
        writes = [
            (sent, outcome) for sent, outcome in write_outcomes(evidence, look.agents).values() if sent.t >= start
        ]
        last_done: dict[tuple[str | None, str, str], int] = {}
        for sent, outcome in writes:
            if outcome == "ok":
                last_done[(sent.agent, sent["method"], sent["path"])] = sent.t
        good = [sent for sent, _ in writes if sent.t <= last_done.get((sent.agent, sent["method"], sent["path"]), -1)]
        return share(len(good), len(writes), look.question, "writes of the desktops since the fault")

    return look.settled(done, 1.0, within_s)
