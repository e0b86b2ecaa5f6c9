"""Whether the server sends a desktop all that it wants to hear."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Evidence
from harness.observing.figures import share
from harness.observing.measuring import measuring

__all__ = ["share_of_topics_subscribed"]


def share_of_topics_subscribed(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the topics wanted by all desktops that the server has for the channel of their newest socket.

    Topics that the server rejects for good cannot be had and do not count. Only the simulated cloud tells, for no API
    shows an agent's subscriptions to others; elsewhere `share_of_desktops_hearing` asks the same by its effect. Waits
    up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_topics_subscribed")

    def subscribed() -> float:
        evidence = look.evidence()
        if not evidence.of("cloud.subscribed"):
            raise NoEvidence(look.question, "subscriptions in the evidence of a simulated cloud", "none")
        wanted, had = 0, 0
        for agent, desktop in look.desktops().items():
            got, rejected = _subscriptions(evidence, agent)
            wishes = {topic for wish in desktop.row.get("topics") or () for topic in _single(str(wish))} - rejected
            wanted += len(wishes)
            had += len(wishes & got)
        return share(had, wanted, look.question, "topics that desktops want")

    return look.settled(subscribed, 1.0, within_s)


def _subscriptions(evidence: Evidence, agent: str) -> tuple[set[str], set[str]]:
    """The topics of the channel of the agent's newest socket, and those that were ever rejected."""
    channel = None
    topics: dict[str, set[str]] = {}
    rejected: set[str] = set()
    for entry in evidence.of("cloud.socket.open", "cloud.subscribed", source="cloud"):
        if entry.agent != agent:
            continue
        if entry.kind == "cloud.socket.open":
            channel = str(entry["channel"])
        else:
            topics[str(entry["channel"])] = {one for topic in entry["topics"] for one in _single(str(topic))}
            rejected |= {one for topic in entry["rejected"] for one in _single(str(topic))}
    return topics.get(channel or "", set()), rejected


def _single(topic: str) -> list[str]:
    """The topics in the combined form `v2.users.{id}?presence&routingStatus`."""
    name, _, parts = topic.partition("?")
    return [f"{name}.{part}" for part in parts.split("&")] if parts else [topic]
