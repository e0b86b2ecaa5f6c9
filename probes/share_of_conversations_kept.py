"""Whether calls survived: connected at the server before the fault, and at every look since."""

from chaoslib.types import Configuration

from harness.evidence import Entry, Evidence
from harness.observing.figures import share
from harness.observing.history import first_fault
from harness.observing.measuring import measuring

__all__ = ["share_of_conversations_kept"]


def share_of_conversations_kept(configuration: Configuration = None) -> float:
    """Share (0 to 1) of the agents' calls that the server still connects, of those it connected when the first fault
    was ordered.

    A call counts as kept only if the validator saw its agent connected at each of its looks from then until now.
    """
    look = measuring(configuration, "share_of_conversations_kept")
    evidence = look.evidence()
    start = first_fault(evidence, look.question)
    before = _connected(evidence, start, set(look.agents))
    broken = {
        (agent, entry["conversation"])
        for entry in evidence.of("conversation.status", source="validator")
        if entry.t > start
        for agent, state in _states(entry).items()
        if state != "connected"
    }
    return share(len(before - broken), len(before), look.question, "calls that were connected before the fault")


def _connected(evidence: Evidence, until: int, agents: set[str]) -> set[tuple[str, str]]:
    newest: dict[str, Entry] = {}
    for entry in evidence.of("conversation.status", source="validator"):
        if entry.t <= until:
            newest[entry["conversation"]] = entry
    return {
        (agent, conversation)
        for conversation, entry in newest.items()
        for agent, state in _states(entry).items()
        if state == "connected" and agent in agents
    }


def _states(entry: Entry) -> dict[str, str]:
    return {str(agent["id"]): str(agent["state"]) for agent in entry["agents"]}
