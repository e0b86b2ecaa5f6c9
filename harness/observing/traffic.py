"""What the evidence says of the desktops' requests: who asked what how often, and what became of writes. Pure."""

import math
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from harness.evidence import Entry, Evidence
from harness.observing.figures import most_within
from harness.observing.history import since_fault


def sent_at(request: Entry) -> int:
    """When an `api` entry's request was sent; the entry itself is written with the answer."""
    return request.t - int(float(request.get("ms") or 0) * 1_000_000)


def requests(evidence: Evidence, agents: Collection[str], method: str = "*", path: str = "*") -> list[Entry]:
    """The agents' API requests on the wire that match `method` and the shell pattern `path`.

    Requests whose agent the wire could not tell are among them; those of others (the canary) are not.
    """
    return [
        entry
        for entry in evidence.of("api", source="wire")
        if (entry.agent is None or entry.agent in agents)
        and fnmatchcase(str(entry["method"]), method)
        and fnmatchcase(str(entry["path"]), path)
    ]


def most_per_agent(entries: Iterable[Entry], window: int, agents: Collection[str]) -> int:
    """The largest number of `entries` of one agent inside one window; those of nobody known are shared out evenly."""
    times: dict[str | None, list[int]] = {}
    for entry in entries:
        times.setdefault(entry.agent, []).append(entry.t)
    unknown = most_within(times.pop(None, []), window)
    fair = math.ceil(unknown / max(1, len(agents)))
    return max((most_within(found, window) for found in times.values()), default=0) + fair


def connection_attempts(evidence: Evidence, agents: Collection[str]) -> dict[str, list[int]]:
    """When each agent tried to get a socket: by the wire, or by the desktops' own word where that counts more.

    An attempt on the wire is a handshake, whatever came of it, or a channel that was asked for and not given.
    """
    by_wire: dict[str, list[int]] = {agent: [] for agent in agents}
    by_word: dict[str, list[int]] = {agent: [] for agent in agents}
    for entry in evidence.of("ws.open", "ws.refused", "api", "socket.opening"):
        if entry.agent not in by_wire:
            continue
        if entry.kind == "socket.opening":
            by_word[entry.agent].append(entry.t)
        elif entry.kind != "api" or _is_failed_channel(entry):
            by_wire[entry.agent].append(entry.t)
    return {agent: max(by_wire[agent], by_word[agent], key=len) for agent in agents}


def _is_failed_channel(entry: Entry) -> bool:
    asked = entry["method"] == "POST" and str(entry["path"]).endswith("/notifications/channels")
    return asked and not 200 <= int(entry["status"]) < 300


def touched(evidence: Evidence, agents: Collection[str], fault: str = "") -> list[Entry]:
    """The flows of `agents` that a fault (any, or the one named) touched, by the wire; the canary's are not among them.

    Flows whose agent the wire could not tell count.
    """
    return [
        entry
        for entry in evidence.of("fault.touched", source="wire")
        if (entry.agent is None or entry.agent in agents) and fault in ("", entry["fault"])
    ]


def write_outcomes(evidence: Evidence, agents: Collection[str]) -> dict[str, tuple[Entry, str]]:
    """What the desktops wrote: by write id the first sending, and `ok`, `failed`, `unknown` or `pending`."""
    found: dict[str, tuple[Entry, str]] = {}
    for entry in evidence.of("write.sent", "write.result", source="crowd"):
        write = str(entry["write_id"])
        if entry.kind == "write.sent" and entry.agent in agents:
            found.setdefault(write, (entry, "pending"))
        elif entry.kind == "write.result" and write in found:
            found[write] = (found[write][0], str(entry["outcome"]))
    return found


def excess_writes(evidence: Evidence, agents: Collection[str]) -> dict[str, int]:
    """Writes that the API executed beyond those that it may have: `{"failed": n, "duplicate": n}`.

    For each agent, method and path, every success on the wire must belong to a write that the desktop told its caller
    was done, or of which nobody knows. What is left over executed a write that was reported as failed (`failed`), or
    executed one more than once (`duplicate`).
    """
    outcomes: dict[tuple[str, str, str], list[str]] = {}
    for sent, outcome in write_outcomes(evidence, agents).values():
        outcomes.setdefault((str(sent.agent), str(sent["method"]), str(sent["path"])), []).append(outcome)
    executed: dict[tuple[str, str, str], int] = {}
    for request in requests(evidence, agents):
        key = (str(request.agent), str(request["method"]), str(request["path"]))
        if key in outcomes and 200 <= int(request["status"]) < 300:
            executed[key] = executed.get(key, 0) + 1
    found = {"failed": 0, "duplicate": 0}
    for key, number in executed.items():
        told = outcomes[key]
        excess = max(0, number - sum(outcome != "failed" for outcome in told))
        failed = min(excess, told.count("failed"))
        found["failed"] += failed
        found["duplicate"] += excess - failed
    return found


def most_requests(
    evidence: Evidence, agents: Collection[str], window_ns: int, method: str = "*", path: str = "*"
) -> int:
    """The largest number of matching requests by one agent within any `window_ns`, since the first fault."""
    start = since_fault(evidence)
    found = [entry for entry in requests(evidence, agents, method, path) if entry.t >= start]
    return most_per_agent(found, window_ns, agents)
