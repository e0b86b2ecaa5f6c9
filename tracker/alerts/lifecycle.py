"""The life of an alert: firing, still firing at intervals, resolved. Pure: conditions in, notices out.

One key, `stuck:<conversation>:<queue>`, is one alert: a condition that is reported again while its alert is firing says
nothing new, and two stays of a conversation in one queue end their alert when both are over. After a restart the ledger
reports anew what holds; `restored` and `reconciled` make one story of both.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol


class Condition(Protocol):
    """What the ledger reports: a condition began (`holds`) or ended; times in epoch milliseconds."""

    @property
    def kind(self) -> str: ...
    @property
    def conversation(self) -> str: ...
    @property
    def queue(self) -> str: ...
    @property
    def since_ms(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def limit(self) -> float: ...
    @property
    def holds(self) -> bool: ...


class State(StrEnum):
    """What a notice says of its alert."""

    FIRING = "firing"
    STILL_FIRING = "still firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. `value` and `limit` are seconds for `stuck`, bounces for `bouncing`; `notices` counts those said."""

    kind: str
    conversation: str
    queue: str
    since_ms: int
    value: float
    limit: float
    notices: int = 0
    noticed_ms: int = 0
    ended_ms: int | None = None

    @property
    def key(self) -> str:
        """What tells this alert from others."""
        return key_of(self)


class _Named(Protocol):
    @property
    def kind(self) -> str: ...
    @property
    def conversation(self) -> str: ...
    @property
    def queue(self) -> str: ...


def key_of(named: _Named) -> str:
    """The key of an alert or of a condition."""
    return f"{named.kind}:{named.conversation}:{named.queue}"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to say about an alert, at `at_ms`. `alert.notices` is its number in the life of that alert, from 1."""

    state: State
    at_ms: int
    alert: Alert


class Lifecycle:
    """All alerts that fire. `repeat_ms` apart, an alert that still fires says so."""

    def __init__(self, repeat_ms: int) -> None:
        self._repeat_ms = repeat_ms
        self._firing: dict[str, Alert] = {}
        self._holding: dict[str, set[int]] = {}  # since when, of each condition that holds under a key
        self._repeats: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._firing)

    def restored(self, alerts: Iterable[Alert]) -> None:
        """Go on with these alerts of an earlier life, and with no others; nothing is said about them now."""
        self._firing.clear()
        self._holding.clear()
        self._repeats.clear()
        for alert in alerts:
            self._keep(alert)

    def took(self, condition: Condition, now_ms: int) -> list[Notice]:
        """The notices that follow from `condition`: one if an alert begins or ends, none if that is known."""
        key = key_of(condition)
        known, holding = self._firing.get(key), self._holding.setdefault(key, set())
        if condition.holds:
            holding.add(condition.since_ms)
            return [] if known else [self._say(State.FIRING, _begun(condition), now_ms)]
        holding.discard(condition.since_ms)
        if holding:
            return []
        del self._holding[key]
        if known is None:
            return []
        ended = replace(known, value=max(known.value, condition.value), ended_ms=now_ms)
        return [self._say(State.RESOLVED, ended, now_ms)]

    def reconciled(self, holding: Iterable[Condition], now_ms: int) -> list[Notice]:
        """Make the alerts those of `holding`, all the conditions that hold: what began or ended unseen is said now."""
        conditions = list(holding)
        keys = {key_of(condition) for condition in conditions}
        gone = [alert for key, alert in self._firing.items() if key not in keys]
        ended = [self._say(State.RESOLVED, replace(alert, ended_ms=now_ms), now_ms) for alert in gone]
        self._holding.clear()
        return ended + [notice for condition in conditions for notice in self.took(condition, now_ms)]

    def missed(self, ended: Iterable[Condition], now_ms: int) -> list[Notice]:
        """The notices of conditions that began and ended while nobody could say so."""
        notices = []
        for condition in ended:
            fired = self._say(State.FIRING, _begun(condition), now_ms)
            notices += [fired, self._say(State.RESOLVED, replace(fired.alert, ended_ms=now_ms), now_ms)]
        return notices

    def due(self, now_ms: int) -> list[Notice]:
        """The alerts that must say at `now_ms` that they still fire."""
        found = []
        while self._repeats and self._repeats[0][0] <= now_ms:
            due_ms, key = heapq.heappop(self._repeats)
            alert = self._firing.get(key)
            if alert is not None and alert.noticed_ms + self._repeat_ms == due_ms:
                found.append(self._say(State.STILL_FIRING, _grown(alert, now_ms), now_ms))
        return found

    def next_due_ms(self) -> int | None:
        """When `due` may have something to say next."""
        return self._repeats[0][0] if self._repeats else None

    def _say(self, state: State, alert: Alert, now_ms: int) -> Notice:
        said = replace(alert, notices=alert.notices + 1, noticed_ms=now_ms)
        if state is State.RESOLVED:
            del self._firing[said.key]
        else:
            self._keep(said)
        return Notice(state, now_ms, said)

    def _keep(self, alert: Alert) -> None:
        self._firing[alert.key] = alert
        heapq.heappush(self._repeats, (alert.noticed_ms + self._repeat_ms, alert.key))


def _begun(condition: Condition) -> Alert:
    which = condition.kind, condition.conversation, condition.queue
    return Alert(*which, condition.since_ms, condition.value, condition.limit)


def _grown(alert: Alert, now_ms: int) -> Alert:
    """A stay that goes on gets longer; a number of bounces does not change by itself."""
    return replace(alert, value=(now_ms - alert.since_ms) / 1000) if alert.kind == "stuck" else alert
