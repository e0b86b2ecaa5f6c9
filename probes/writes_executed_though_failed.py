"""Whether something was done although the agent was told that it had failed."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.measuring import measuring
from harness.observing.traffic import excess_writes, write_outcomes

__all__ = ["writes_executed_though_failed"]


def writes_executed_though_failed(configuration: Configuration = None) -> int:
    """Number of writes that a desktop reported as failed and that succeeded on the wire nevertheless."""
    look = measuring(configuration, "writes_executed_though_failed")
    evidence = look.evidence()
    if not write_outcomes(evidence, look.agents):
        raise NoEvidence(look.question, "writes of the desktops", "none")
    return excess_writes(evidence, look.agents)["failed"]
