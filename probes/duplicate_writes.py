"""Whether something that an agent did once was done more than once."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.measuring import measuring
from harness.observing.traffic import excess_writes, write_outcomes

__all__ = ["duplicate_writes"]


def duplicate_writes(configuration: Configuration = None) -> int:
    """Number of successful writes on the wire beyond those that the desktops know of.

    Compared are, for each agent, method and path, the successes on the wire with the writes that the desktop reported
    as done, or as unknown. Those it reported as failed are a question of their own (`writes_executed_though_failed`).
    """
    look = measuring(configuration, "duplicate_writes")
    evidence = look.evidence()
    if not write_outcomes(evidence, look.agents):
        raise NoEvidence(look.question, "writes of the desktops", "none")
    return excess_writes(evidence, look.agents)["duplicate"]
