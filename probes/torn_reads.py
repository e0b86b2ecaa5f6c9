"""Whether the tracker ever shows a state that never was."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.checker import is_torn
from harness.observing.measuring import measuring
from harness.observing.told import answers

__all__ = ["torn_reads"]


def torn_reads(at_least: int = 20, configuration: Configuration = None) -> int:
    """Number of watched answers that contradict themselves: bounces, visits and queue that do not follow from the
    transitions in the same answer, or a transition told twice.

    Needs `at_least` so many answers (see the action watch_interactions).
    """
    look = measuring(configuration, "torn_reads")
    evidence = look.evidence()
    watched = [read for read in answers(evidence) if read.found]
    if len(watched) < at_least:
        raise NoEvidence(look.question, f"at least {at_least} watched answers", str(len(watched)))
    return sum(is_torn(read) for read in watched)
