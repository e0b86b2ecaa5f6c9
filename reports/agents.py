"""Evidence -> one line per agent: what its socket, its banner and the API said, moment by moment. Pure."""

import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import Any, Generic, TypeVar

from harness.evidence import Entry, agents_of
from reports.model import AgentLine, Connection, Mark, MarkKind, Queue, Span
from reports.record import Record

T = TypeVar("T")
# Shorter disagreements (real-world seconds) are the time a banner takes to follow its socket.
FOLLOWS_WITHIN_S = 0.5


class Track(Generic[T]):
    """A value that changes at known moments; `first` holds before the first change."""

    def __init__(self, first: T, changes: Iterable[tuple[float, T]] = ()) -> None:
        self.changes = list(changes)
        self._times = [at for at, _ in self.changes]
        self._first = first

    def at(self, seconds: float) -> T:
        """The value at that moment, a change at that very moment included."""
        index = bisect.bisect_right(self._times, seconds)
        return self.changes[index - 1][1] if index else self._first

    def times(self) -> list[float]:
        """When it changed."""
        return self._times


def spans(tracks: Iterable[Track[Any]], state: Callable[[float], str], start: float, end: float) -> tuple[Span, ...]:
    """The states between `start` and `end`, neighbours of one state joined."""
    moments = sorted({start, end, *(at for track in tracks for at in track.times() if start < at < end)})
    found: list[Span] = []
    for since, until in pairwise(moments):
        name = state(since)
        if found and found[-1].state == name:
            found[-1] = Span(found[-1].start, until, name)
        else:
            found.append(Span(since, until, name))
    return tuple(found)


class AgentTracks:
    """What is known of one agent over time."""

    def __init__(self, entries: Iterable[Entry], seconds: Callable[[int], float]) -> None:
        of = defaultdict(list)
        for entry in entries:
            of[entry.kind].append(entry)
        self._of = of
        self._seconds = seconds
        self.sockets = self._sockets("ws.open", "ws.close")
        if not self.sockets.changes:
            self.sockets = self._sockets("socket.open", "socket.closed")
        self.banner = self._track("desktop.banner", lambda e: str(e["banner"]))
        self.ready = self._track("desktop.banner", lambda e: bool(e["connected"]))
        self.logged_on = min((at for at, ready in self.ready.changes if ready), default=None)
        self.shown = self._track("presence.shown", lambda e: spelled(e["presence"]))
        self.presence = self._track("agent.status", lambda e: spelled(e["presence"]))
        self.routing = self._track("agent.status", lambda e: spelled(e.get("routing")))
        self.joined = self._track("agent.status", lambda e: e.get("joined") is not False)

    def _track(self, kind: str, value: Callable[[Entry], T]) -> Track[T | None]:
        return Track[T | None](None, ((self._seconds(e.t), value(e)) for e in self._of[kind]))

    def _sockets(self, opened: str, closed: str) -> Track[int | None]:
        """How many sockets were open, by their own names, so that a close seen twice counts once."""
        live: set[str] = set()
        changes: list[tuple[float, int | None]] = []
        for entry in sorted([*self._of[opened], *self._of[closed]], key=lambda e: e.t):
            (live.add if entry.kind == opened else live.discard)(str(entry.get("socket")))
            changes.append((self._seconds(entry.t), len(live)))
        return Track(0 if changes else None, changes)

    def connection(self, at: float) -> Connection:
        """How the desktop stood at that moment."""
        sockets, banner, ready = self.sockets.at(at), self.banner.at(at), self.ready.at(at)
        if self.logged_on is not None and at < self.logged_on:
            return Connection.STARTING
        if banner == "logged_out":
            return Connection.DISAGREES if sockets else Connection.OUT
        if sockets is None:
            return Connection.UNKNOWN if ready is None else Connection.CONNECTED if ready else Connection.DOWN
        if sockets > 1:
            return Connection.DOUBLE
        if sockets == 0:
            return Connection.DISAGREES if ready else Connection.DOWN
        return Connection.WAITING if ready is False else Connection.CONNECTED

    def queue(self, at: float) -> Queue:
        """What the API said about the queue at that moment."""
        presence, routing = self.presence.at(at), self.routing.at(at)
        if presence is None:
            return Queue.UNKNOWN
        if routing == "NOTRESPONDING":
            return Queue.NOT_RESPONDING
        on = presence == "ONQUEUE" and routing != "OFFQUEUE" and bool(self.joined.at(at))
        return Queue.ON if on else Queue.OFF

    def agrees(self, at: float) -> bool:
        """Whether the desktop showed the presence that the API had; unknown counts as agreed."""
        shown, presence = self.shown.at(at), self.presence.at(at)
        return shown is None or presence is None or shown == presence

    def marks(self) -> list[Mark]:
        """Drops, reconnects (every open but the first) and refused handshakes."""
        wire = bool(self._of["ws.open"])
        found = [
            Mark(self._seconds(e.t), MarkKind.DROP, f"code {e.get('code')}")
            for e in self._of["ws.close" if wire else "socket.closed"]
        ]
        found += [
            Mark(self._seconds(e.t), MarkKind.RECONNECT) for e in self._of["ws.open" if wire else "socket.open"][1:]
        ]
        found += [
            Mark(self._seconds(e.t), MarkKind.REFUSED, f"status {e.get('status')}") for e in self._of["ws.refused"]
        ]
        return sorted(found, key=lambda mark: mark.at)

    def attempts(self, since: float) -> int:
        """How often the desktop tried to connect after `since`."""
        tries = self._of["socket.opening"] or [*self._of["ws.open"], *self._of["ws.refused"]]
        return sum(self._seconds(e.t) >= since for e in tries)


def spelled(value: object) -> str:
    """One spelling of the three that the API has for a presence: ON_QUEUE, OnQueue and On Queue are ONQUEUE."""
    return "".join(letter for letter in str(value or "") if letter.isalnum()).upper()


def tracks(record: Record) -> dict[str, AgentTracks]:
    """Each desktop of the crowd (without a crowd: each agent observed) and what is known of it."""
    crowd = [entry for entry in record.evidence.entries if entry.source == "crowd"]
    wanted = set(agents_of(crowd or record.of("agent.status")))
    by_agent: dict[str, list[Entry]] = {agent: [] for agent in sorted(wanted)}
    for entry in record.evidence.entries:
        if entry.agent in wanted:
            by_agent[str(entry.agent)].append(entry)
    return {agent: AgentTracks(entries, record.clock.seconds) for agent, entries in by_agent.items()}


def labels(record: Record, agents: Iterable[str]) -> dict[str, str]:
    """A short name for each agent: the one the run knows, else the part of the id that tells it from the others."""
    given = record.verdict.get("agents")
    listed = given if isinstance(given, list) else []
    names = {str(a["id"]): str(a["name"]) for a in listed if isinstance(a, Mapping) and a.get("name") and "id" in a}
    ids = list(agents)
    for part in (lambda i: i if len(i) <= 16 else i[:8], lambda i: f"…{i[-12:]}", lambda i: i):
        short = {agent: names.get(agent) or part(agent) for agent in ids}
        if len(set(short.values())) == len(ids):
            return short
    return {agent: agent for agent in ids}


def line(agent: str, label: str, track: AgentTracks, start: float, end: float) -> AgentLine:
    """The agent's row of the timeline between `start` and `end`."""
    connection = spans((track.sockets, track.banner, track.ready), track.connection, start, end)
    queue = spans((track.presence, track.routing, track.joined), track.queue, start, end)
    marks = tuple(mark for mark in track.marks() if start <= mark.at <= end)
    return AgentLine(agent, label, _settled(connection), queue, marks)


def _settled(found: tuple[Span, ...]) -> tuple[Span, ...]:
    """With the moments in which a banner had not yet followed its socket counted as what it then followed to."""
    kept: list[Span] = []
    for number, span in enumerate(found):
        after = found[number + 1].state if number + 1 < len(found) else span.state
        state = _followed(span.state, after) if span.end - span.start < FOLLOWS_WITHIN_S else span.state
        if kept and kept[-1].state == state:
            kept[-1] = Span(kept[-1].start, span.end, state)
        else:
            kept.append(Span(span.start, span.end, state))
    return tuple(kept)


def _followed(state: str, after: str) -> str:
    if state == Connection.DISAGREES:
        return Connection.OUT if after == Connection.OUT else Connection.DOWN
    return after if state == Connection.WAITING else state
