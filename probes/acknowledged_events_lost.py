"""Whether the tracker keeps what it has acknowledged."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Evidence
from harness.observing.checker import Step
from harness.observing.measuring import measuring
from harness.observing.tracker import TrackerClient, TrackerView

__all__ = ["acknowledged_events_lost"]

ENTER, EXIT = "acd.start", "acd.end"


def acknowledged_events_lost(within_s: float = 0, configuration: Configuration = None) -> int:
    """Number of entries into and exits from queues that the tracker has acknowledged and does not tell of.

    Both those of the cloud's own feed and those that were made up. Waits up to `within_s` real-world seconds for none.
    """
    look = measuring(configuration, "acknowledged_events_lost")
    with TrackerClient(look.run.world) as tracker:

        def lost() -> float:
            evidence = look.evidence()
            made_up, fed = _made_up(evidence), _fed(evidence)
            if not made_up and not fed:
                raise NoEvidence(look.question, "deliveries that the tracker acknowledged", "none")
            found = sum(_missing(steps, tracker.view(one)) for one, steps in made_up.items())
            return found + sum(_too_few(kinds, tracker.view(one)) for one, kinds in fed.items())

        return int(look.settled(lost, 0, within_s))


def _made_up(evidence: Evidence) -> dict[str, set[Step]]:
    """By conversation what the acknowledged deliveries of a burst say."""
    taken = {str(entry["delivery"]) for entry in evidence.of("delivery.ok")}
    found: dict[str, set[Step]] = {}
    for entry in evidence.of("delivery.invoked"):
        if entry["delivery"] in taken and entry["steps"]:
            found.setdefault(str(entry["conversation"]), set()).update(Step(*step) for step in entry["steps"])
    return found


def _fed(evidence: Evidence) -> dict[str, dict[str, set[str]]]:
    """By conversation and kind the ids of the cloud's events that were acknowledged."""
    taken = {str(e["event"]) for e in evidence.of("cloud.feed.answered") if 200 <= int(e["status"]) < 300}
    found: dict[str, dict[str, set[str]]] = {}
    for entry in evidence.of("cloud.feed.sent"):
        kind = next((kind for kind in (ENTER, EXIT) if str(entry["topic"]).endswith(f".{kind}")), None)
        if kind is not None and entry["event"] in taken:
            kinds = found.setdefault(str(entry["conversation"]), {ENTER: set(), EXIT: set()})
            kinds[kind].add(str(entry["event"]))
    return found


def _missing(steps: set[Step], view: TrackerView | None) -> int:
    told = {(one.at_ms, one.type == "enter", one.queue) for one in view.told("transitions")} if view else set()
    return len(steps - told)


def _too_few(kinds: dict[str, set[str]], view: TrackerView | None) -> int:
    told = [one.type for one in view.told("transitions")] if view else []
    return max(0, len(kinds[ENTER]) - told.count("enter")) + max(0, len(kinds[EXIT]) - told.count("exit"))
