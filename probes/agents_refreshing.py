"""How many agents needed a new token while the fault was there."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import agents_of
from harness.observing.history import phase_span, within
from harness.observing.measuring import measuring

__all__ = ["agents_refreshing"]


def agents_refreshing(at_least: int = 1, configuration: Configuration = None) -> int:
    """Number of agents whose desktop asked for a new token between the first fault and the last clearing.

    Fewer than `at_least` are no evidence: a fault on tokens that met nobody proves nothing.
    """
    look = measuring(configuration, "agents_refreshing")
    evidence = look.evidence()
    span = phase_span(evidence, "during", look.question)
    asked = within(evidence.of("token.refreshing", source="crowd"), span)
    found = len([agent for agent in agents_of(asked) if agent in look.agents])
    if found < at_least:
        raise NoEvidence(look.question, f"at least {at_least} agents that needed a new token", str(found))
    return found
