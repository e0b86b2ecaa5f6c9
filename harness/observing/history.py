"""Pure questions to a run's evidence that several probes ask: spans of connectedness, fault windows, recovery.

Times are nanoseconds of the evidence's one monotonic clock; whoever needs seconds divides by `SECOND`, and by the time
scale if real-world seconds are meant.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from harness.errors import BadInput, NoEvidence
from harness.evidence import Entry, Evidence
from harness.observing.status import AT_WORK

SECOND = 1_000_000_000


@dataclass(frozen=True)
class Span:
    """From `start` until `end`; without `end` it still lasts."""

    start: int
    end: int | None = None

    def covers(self, t: int) -> bool:
        """Whether `t` lies inside."""
        return self.start <= t and (self.end is None or t < self.end)


@dataclass(frozen=True)
class Outage:
    """An agent lost its last open socket at `lost` and had one again at `back` (None: not yet)."""

    agent: str
    lost: int
    back: int | None


@dataclass(frozen=True)
class FaultWindow:
    """One fault, from its order until it was seen cleared (or undone by the keeper); None: that did not happen."""

    fault: str
    lease: str
    ordered: int
    seen: int | None = None
    cleared: int | None = None


def fault_windows(evidence: Evidence) -> list[FaultWindow]:
    """Every fault that was ordered, in order of time."""
    windows: list[FaultWindow] = []
    for entry in evidence.of("fault.ordered", "fault.seen", "fault.cleared_seen", "lease.undone"):
        fault, lease = str(entry.get("fault")), entry.get("lease")
        if entry.kind == "fault.ordered":
            windows.append(FaultWindow(fault, str(lease), entry.t))
            continue
        for place, window in enumerate(windows):
            if window.fault != fault or lease not in (None, window.lease):
                continue
            if entry.kind == "fault.seen" and window.seen is None:
                windows[place] = replace(window, seen=entry.t)
            elif entry.kind != "fault.seen" and window.cleared is None:
                windows[place] = replace(window, cleared=entry.t)
    return windows


def first_fault(evidence: Evidence, question: str) -> int:
    """When the first fault was ordered; raises `NoEvidence` if none was."""
    windows = fault_windows(evidence)
    if not windows:
        raise NoEvidence(question, "a fault in the evidence of this run", "none ordered so far")
    return windows[0].ordered


def phase_span(evidence: Evidence, phase: str, question: str) -> Span:
    """The span of `before` (the first fault), `during` (first order to last clearing), `after`, or `all`."""
    if phase == "all":
        return Span(0)
    if phase not in ("before", "during", "after"):
        raise BadInput("phase", "before, during, after or all", phase)
    windows = fault_windows(evidence)
    if phase == "before":
        return Span(0, windows[0].ordered if windows else None)
    start = first_fault(evidence, question)
    cleared = [window.cleared for window in windows if window.cleared is not None]
    healed = max(cleared) if len(cleared) == len(windows) else None
    if phase == "during":
        return Span(start, healed)
    if healed is None:
        raise NoEvidence(question, "every fault seen cleared", f"{len(windows) - len(cleared)} still in force")
    return Span(healed)


def within(entries: Iterable[Entry], span: Span) -> list[Entry]:
    """Those of `entries` that lie in `span`."""
    return [entry for entry in entries if span.covers(entry.t)]


def socket_spans(evidence: Evidence, agents: Collection[str]) -> dict[str, list[Span]]:
    """For each agent the life of each of its sockets, by the wire; by the desktops' own word where there is no wire.

    What a desktop gives up while its network is broken is over, though the wire may hear of that much later.
    """
    wire = evidence.of("ws.open", "ws.close")
    entries = wire or evidence.of("socket.open", "socket.closed")
    opened: dict[tuple[str, str], int] = {}
    spans: dict[str, list[Span]] = {agent: [] for agent in agents}
    for entry in entries:
        if entry.agent not in spans:
            continue
        key = (entry.agent, str(entry.get("socket")))
        if entry.kind in ("ws.open", "socket.open"):
            opened[key] = entry.t
        elif key in opened:
            spans[entry.agent].append(Span(opened.pop(key), entry.t))
    for (agent, _), start in opened.items():
        spans[agent].append(Span(start))
    unheard = _given_up_unheard(evidence) if wire else {}
    return {
        agent: _ended_earlier(sorted(found, key=lambda span: span.start), unheard.get(agent, ()))
        for agent, found in spans.items()
    }


def network_windows(evidence: Evidence) -> list[FaultWindow]:
    """The faults of the desktops' network, in order of time: those that are ordered for ways over it."""
    ordered = evidence.of("fault.ordered")
    leases = {str(entry.get("lease")) for entry in ordered if "ways" in (entry.get("expected") or ())}
    return [window for window in fault_windows(evidence) if window.lease in leases]


def _given_up_unheard(evidence: Evidence) -> dict[str, list[Span]]:
    """By the desktops' own word, the sockets that they gave up while their network was broken."""
    broken = [Span(window.ordered, window.cleared) for window in network_windows(evidence)]
    opened: dict[tuple[str, str], int] = {}
    found: dict[str, list[Span]] = {}
    for entry in evidence.of("socket.open", "socket.closed", source="crowd") if broken else ():
        key = (str(entry.agent), str(entry.get("socket")))
        if entry.kind == "socket.open":
            opened[key] = entry.t
        elif key in opened and is_open(broken, entry.t):
            found.setdefault(key[0], []).append(Span(opened.pop(key), entry.t))
    return found


def _ended_earlier(spans: list[Span], given_up: Iterable[Span]) -> list[Span]:
    """`spans` of the wire, ended where the desktop says so; it dates an opening a little otherwise than the wire."""
    for own in given_up:
        lasting = [place for place, span in enumerate(spans) if span.covers(own.end or 0)]
        if lasting:
            nearest = min(lasting, key=lambda place: abs(spans[place].start - own.start))
            spans[nearest] = replace(spans[nearest], end=own.end)
    return spans


def merged(spans: Sequence[Span]) -> list[Span]:
    """Overlapping spans as one; the result does not overlap and is in order of time."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: span.start):
        last = result[-1] if result else None
        if last is None or (last.end is not None and span.start > last.end):
            result.append(span)
        elif last.end is not None:
            end = None if span.end is None else max(last.end, span.end)
            result[-1] = Span(last.start, end)
    return result


def is_open(spans: Iterable[Span], t: int) -> bool:
    """Whether any of `spans` covers `t`."""
    return any(span.covers(t) for span in spans)


def outages(evidence: Evidence, agents: Collection[str], since: int) -> list[Outage]:
    """Each time that one of `agents` was left without an open socket after `since`, in order of time.

    An agent that was logged out by a human on purpose is not missed.
    """
    left = logout_spans(evidence)
    found = []
    for agent, spans in socket_spans(evidence, agents).items():
        connected = merged(spans)
        for number, span in enumerate(connected):
            if span.end is None or span.end < since:
                continue
            back = connected[number + 1].start if number + 1 < len(connected) else None
            if not any(_touch(span.end, back, gone) for gone in left.get(agent, [])):
                found.append(Outage(agent, span.end, back))
    return sorted(found, key=lambda outage: outage.lost)


def _touch(lost: int, back: int | None, gone: Span) -> bool:
    """Whether the outage (lost, back) belongs to the time that the agent was logged out on purpose."""
    begins_in_time = back is None or gone.start <= back
    return begins_in_time and (gone.end is None or lost <= gone.end)


def logout_spans(evidence: Evidence) -> dict[str, list[Span]]:
    """For each agent the times in which a human had logged it out: from the desktop's logout to its next session."""
    spans: dict[str, list[Span]] = {}
    for entry in evidence.of("logged_out", "logged_in"):
        if entry.agent is None:
            continue
        known = spans.setdefault(entry.agent, [])
        if entry.kind == "logged_out" and is_humans_wish(entry) and not (known and known[-1].end is None):
            known.append(Span(entry.t))
        elif entry.kind == "logged_in" and known and known[-1].end is None:
            known[-1] = Span(known[-1].start, entry.t)
    return spans


def is_humans_wish(logged_out: Entry) -> bool:
    """Whether a `logged_out` entry says that the agent asked for it."""
    return str(logged_out.get("reason")) == "by the agent"


def most_at_once(spans: Sequence[Span], grace: int = 0) -> int:
    """The largest number of `spans` that overlap for longer than `grace` nanoseconds."""
    most = 0
    for span in spans:
        others = [other for other in spans if other.covers(span.start)]
        ends = [other.end for other in others if other.end is not None]
        # All of `others` overlap from `span.start` on; those that end within the grace are on their way out.
        leaving = sum(1 for end in ends if end - span.start <= grace)
        most = max(most, len(others) - leaving)
    return max(most, min(1, len(spans)))


def since_fault(evidence: Evidence) -> int:
    """When the first fault was ordered, or the beginning of time if none was."""
    windows = fault_windows(evidence)
    return windows[0].ordered if windows else 0


def last_before(entries: Sequence[Entry], t: int) -> Entry | None:
    """The newest of `entries` (in order of time) that is not newer than `t`."""
    place = bisect_right(entries, t, key=lambda entry: entry.t)
    return entries[place - 1] if place else None


def good_since(changes: Sequence[tuple[int, bool]]) -> int | None:
    """Since when a state that changed at these times has been good; None if it is not, or was never seen."""
    since: int | None = None
    for t, good in changes:
        if not good:
            since = None
        elif since is None:
            since = t
    return since


def recovery_times(evidence: Evidence, agents: Collection[str], state: str, question: str) -> dict[str, int | None]:
    """Nanoseconds from the last fault's clearing until each agent was well, and stayed so; None for who is not.

    `state` says what well means: `connected` (an open socket), `on_queue` (the validator sees the agent ready for
    calls) or `both`. Who was well all the time has 0.
    """
    if state not in ("connected", "on_queue", "both"):
        raise BadInput("state", "connected, on_queue or both", state)
    healed = phase_span(evidence, "after", question).start
    since: dict[str, list[int | None]] = {agent: [] for agent in agents}
    if state != "on_queue":
        for agent, spans in socket_spans(evidence, agents).items():
            connected = merged(spans)
            still = connected[-1].start if connected and connected[-1].end is None else None
            since[agent].append(still)
    if state != "connected":
        looks: dict[str, list[tuple[int, bool]]] = {agent: [] for agent in agents}
        for entry in evidence.of("agent.status", source="validator"):
            if entry.agent in looks:
                looks[entry.agent].append((entry.t, is_at_work(entry)))
        for agent, changes in looks.items():
            since[agent].append(good_since(changes))
    return {agent: _latest_after(found, healed) for agent, found in since.items()}


def _latest_after(times: Iterable[int | None], healed: int) -> int | None:
    known = list(times)
    if any(t is None for t in known):
        return None
    return max(0, *(t - healed for t in known if t is not None))


def is_at_work(status: Entry) -> bool:
    """Whether an `agent.status` of the validator says that calls can reach the agent."""
    return status["presence"] == "ON_QUEUE" and bool(status["joined"]) and status["routing"] in AT_WORK


def refusals(evidence: Evidence, agents: Collection[str]) -> dict[str, Span]:
    """For each agent whose refresh the login host refused for good: from then until it got a token again."""
    found: dict[str, Span] = {}
    for entry in evidence.of("api", source="wire"):
        if entry.agent is None or entry.agent not in agents or not str(entry["path"]).endswith("/oauth/token"):
            continue
        before = found.get(entry.agent)
        if entry["status"] in (400, 401) and (before is None or before.end is not None):
            found[entry.agent] = Span(entry.t)
        elif entry["status"] == 200 and before is not None and before.end is None:
            found[entry.agent] = Span(before.start, entry.t)
    return found
