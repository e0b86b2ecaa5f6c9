"""How many desktops are back: connected by their own word, by the wire, and alive."""

from datetime import UTC, datetime

from chaoslib.types import Configuration

from harness.evidence import Evidence
from harness.observing.figures import share
from harness.observing.history import is_open, socket_spans
from harness.observing.measuring import Desktop, Measuring, measuring

__all__ = ["share_of_desktops_connected"]

# A healthy desktop takes 35 s without any message for a dead socket; the rest is for closing it.
LONGEST_SILENCE_S = 40.0


def share_of_desktops_connected(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the agents whose desktop shows "connected", has an open socket on the wire, and is alive.

    Alive means that it has heard something within the last 40 s, where a desktop says so (heartbeats come every 30 s).
    Waits up to `within_s` real-world seconds for all of them.
    """
    look = measuring(configuration, "share_of_desktops_connected")

    def connected() -> float:
        desktops, evidence = look.desktops(), look.evidence()
        good = [agent for agent in _on_the_wire(look, evidence) if _alive(look, desktops.get(agent))]
        return share(len(good), len(look.agents), look.question, "agents in the world")

    return look.settled(connected, 1.0, within_s)


def _on_the_wire(look: Measuring, evidence: Evidence) -> list[str]:
    newest = evidence.entries[-1].t if evidence.entries else 0
    return [agent for agent, spans in socket_spans(evidence, look.agents).items() if is_open(spans, newest)]


def _alive(look: Measuring, desktop: Desktop | None) -> bool:
    if desktop is None or not desktop.says_connected or desktop.sockets < 1:
        return False
    heard = desktop.row.get("heard_wall")
    if heard is None:
        return True
    silent_s = (datetime.now(UTC) - datetime.fromisoformat(str(heard))).total_seconds()
    return look.run.unscaled(silent_s) <= LONGEST_SILENCE_S
