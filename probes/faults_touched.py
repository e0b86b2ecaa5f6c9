"""Whether a fault met the desktops at all."""

from chaoslib.types import Configuration

from harness.observing.measuring import measuring
from harness.observing.traffic import touched

__all__ = ["faults_touched"]


def faults_touched(fault: str = "", configuration: Configuration = None) -> int:
    """Number of the desktops' requests, messages and sockets that `fault` (or any fault) touched, by the wire's own
    count.

    The canary's, which prove that the fault is in force, do not count.
    """
    look = measuring(configuration, "faults_touched")
    return len(touched(look.evidence(), look.agents, fault))
