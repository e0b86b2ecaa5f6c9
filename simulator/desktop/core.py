"""The ground of a session: who it is, what it wants done, and which moments it waits for."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.desktop.effects import Effect, Keep, Record
from simulator.desktop.timings import Timings


@dataclass(frozen=True)
class Identity:
    """The agent of a desktop; `refresh_token` starts its session."""

    agent: str
    refresh_token: str
    client_id: str


@dataclass(frozen=True)
class Wishes:
    """What the agent is set to do. `extra_topics` are subscribed to besides those that a desktop needs."""

    presence: str = "ON_QUEUE"
    queue_id: str = ""
    extra_topics: tuple[str, ...] = ()


class Core:
    """Collects effects and keeps alarms; `now` is the time of the event in hand, in epoch seconds."""

    def __init__(
        self,
        identity: Identity,
        timings: Timings,
        chance: random.Random,
        wishes: Wishes | None = None,
        kept: Mapping[str, Any] | None = None,
    ) -> None:
        self.identity = identity
        self.agent = identity.agent
        self.timings = timings
        self.random = chance
        self.wishes = wishes or Wishes()
        self.kept = dict(kept or {})
        self.now = 0.0
        self.alarms: dict[str, tuple[float, Callable[[], None]]] = {}
        self._outbox: list[Effect] = []
        self._last_id = 0

    def want(self, effect: Effect) -> None:
        """Have this done after the event in hand."""
        self._outbox.append(effect)

    def taken(self) -> list[Effect]:
        """The effects since the last call."""
        found, self._outbox = self._outbox, []
        return found

    def record(self, kind: str, **fields: Any) -> None:
        """Write evidence."""
        self.want(Record(kind, fields))

    def keep(self, name: str, value: Any) -> None:
        """Store for the next start of this desktop; None forgets."""
        if value is None:
            if self.kept.pop(name, None) is not None:
                self.want(Keep(name, None))
        elif self.kept.get(name) != value:
            self.kept[name] = value
            self.want(Keep(name, value))

    def new_id(self) -> int:
        """A number that was not used before."""
        self._last_id += 1
        return self._last_id

    def set_alarm(self, name: str, after_s: float, call: Callable[[], None]) -> None:
        """Call `call` in `after_s` seconds; one alarm of a name, the newest counts."""
        self.alarms[name] = (self.now + after_s, call)

    def drop_alarm(self, *names: str) -> None:
        """Take these alarms back; nothing to do for one that is not set."""
        for name in names:
            self.alarms.pop(name, None)

    @property
    def next_alarm(self) -> float | None:
        """When `tick` has something to do."""
        return min((due for due, _ in self.alarms.values()), default=None)

    def tick(self, now: float) -> list[Effect]:
        """Ring the alarms that are due, in their order."""
        self.now = now
        while True:
            due = [(at, name) for name, (at, _) in self.alarms.items() if at <= now]
            if not due:
                return self.taken()
            self.alarms.pop(min(due)[1])[1]()
