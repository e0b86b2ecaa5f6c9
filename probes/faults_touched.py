"""Whether a fault met whom it was meant for at all."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.measuring import measuring
from harness.observing.traffic import touched
from harness.scope import TRACKER

__all__ = ["faults_touched"]


def faults_touched(
    fault: str = "", at_least: int = 0, of_tracker: bool = False, configuration: Configuration = None
) -> int:
    """Number of the desktops' requests, messages and sockets that `fault` (or any fault) touched, by the wire's own
    count; with `of_tracker` those of the tracker.

    The canary's, which prove that the fault is in force, do not count. Fewer than `at_least` are no evidence: a fault
    that met nobody proves nothing.
    """
    look = measuring(configuration, "faults_touched")
    found = touched(look.evidence(), [TRACKER] if of_tracker else look.agents, fault)
    met = len([entry for entry in found if entry.agent == TRACKER] if of_tracker else found)
    if met < at_least:
        raise NoEvidence(look.question, f"at least {at_least} that the fault touched", str(met))
    return met
