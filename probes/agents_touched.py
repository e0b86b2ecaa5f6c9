"""How many agents a fault met."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import agents_of
from harness.observing.measuring import measuring
from harness.observing.traffic import touched

__all__ = ["agents_touched"]


def agents_touched(fault: str = "", at_least: int = 0, configuration: Configuration = None) -> int:
    """Number of agents of whom `fault` (or any fault) touched a request, message or socket, by the wire's count.

    Fewer than `at_least` are no evidence: a fault that met nobody proves nothing.
    """
    look = measuring(configuration, "agents_touched")
    found = len(agents_of(touched(look.evidence(), look.agents, fault)))
    if found < at_least:
        raise NoEvidence(look.question, f"at least {at_least} agents that the fault touched", str(found))
    return found
