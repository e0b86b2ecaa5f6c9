"""Whether a desktop gave up a healthy socket because the voice was bad."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.history import first_fault, socket_spans
from harness.observing.measuring import measuring
from harness.observing.voice import calls_connected

__all__ = ["sockets_reopened_for_voice"]


def sockets_reopened_for_voice(configuration: Configuration = None) -> int:
    """Number of notification sockets that agents in a call opened anew since the first fault was ordered.

    For faults that take the voice and leave the signalling alone: nothing is wrong with the socket of before. Counted
    are the agents whose calls were connected then.
    """
    look = measuring(configuration, "sockets_reopened_for_voice")
    evidence = look.evidence()
    start = first_fault(evidence, look.question)
    talking = {call.agent for call in calls_connected(evidence, look.agents, start)}
    if not talking:
        raise NoEvidence(look.question, "calls in progress when the fault was ordered", "none")
    spans = socket_spans(evidence, look.agents)
    return sum(1 for agent in talking for span in spans[agent] if span.start >= start)
