"""How many agents a fault met."""

from chaoslib.types import Configuration

from harness.evidence import agents_of
from harness.measuring import measuring
from harness.traffic import touched

__all__ = ["agents_touched"]


def agents_touched(fault: str = "", configuration: Configuration = None) -> int:
    """Number of agents of whom `fault` (or any fault) touched a request, message or socket, by the wire's count."""
    look = measuring(configuration, "agents_touched")
    return len(agents_of(touched(look.evidence(), look.agents, fault)))
