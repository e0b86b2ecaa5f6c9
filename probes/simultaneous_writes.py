"""Whether something that an agent did once was sent more than once."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.measuring import measuring
from harness.observing.traffic import requests, sent_at, write_outcomes

__all__ = ["simultaneous_writes"]


def simultaneous_writes(grace_s: float = 0.5, configuration: Configuration = None) -> int:
    """Number of successful writes on the wire that an agent sent while the same (method and path) was under way.

    Also counted is what was sent within `grace_s` real-world seconds after the other.
    """
    look = measuring(configuration, "simultaneous_writes")
    evidence = look.evidence()
    paths = {str(sent["path"]) for sent, _ in write_outcomes(evidence, look.agents).values()}
    if not paths:
        raise NoEvidence(look.question, "writes of the desktops", "none")
    busy: dict[tuple[str | None, str, str], int] = {}
    found = 0
    for write in sorted(requests(evidence, look.agents), key=sent_at):
        if write["path"] in paths and write["method"] != "GET" and 200 <= int(write["status"]) < 300:
            key = (write.agent, str(write["method"]), str(write["path"]))
            found += sent_at(write) < busy.get(key, 0)
            busy[key] = max(write.t, sent_at(write) + look.nanoseconds(grace_s))
    return found
