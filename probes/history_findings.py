"""Whether everything that the tracker said can be true."""

from chaoslib.types import Configuration

from harness.breaking.burst import is_quiet
from harness.errors import NoEvidence
from harness.observing.checker import check
from harness.observing.measuring import measuring
from harness.observing.told import acknowledged, ask, records
from harness.observing.tracker import TrackerClient

__all__ = ["history_findings"]

MOST_CONVERSATIONS = 1000
MOST_FINDINGS = 20


def history_findings(within_s: float = 0, configuration: Configuration = None) -> list[str]:
    """What cannot be true of what the tracker told of made-up interactions, in words; at most 20.

    Asks for the final state of each when the burst is over, for which it waits up to `within_s` real-world seconds,
    and checks it and all answers that were watched before against what was delivered and what was acknowledged.
    """
    look = measuring(configuration, "history_findings")
    if look.settled(lambda: float(is_quiet(look.evidence())), 1.0, within_s) != 1.0:
        raise NoEvidence(look.question, "a burst that is over", "one that still delivers")
    evidence = look.evidence()
    taken = sorted(acknowledged(evidence))[:MOST_CONVERSATIONS]
    if not taken:
        raise NoEvidence(look.question, "deliveries that the tracker acknowledged", "none")
    with TrackerClient(look.run.world) as tracker:
        final = [ask(tracker, conversation, final=True) for conversation in taken]
    if any(entry["unsent"] for entry in evidence.of("burst.ended")):
        # What was never sent may be the entry that an exit belongs to: where a call waits now nobody can say then.
        final = [read._replace(tells_current=False) for read in final]
    return [str(finding) for finding in check(records(evidence, final))][:MOST_FINDINGS]
