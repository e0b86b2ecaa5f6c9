"""What the tracker asks of a store."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from tracker.events import Event

KEEP_S = 30 * 86_400.0
LONGEST_RAW = 16_384
"""Bytes of a bad delivery that are kept; the rest is cut off."""


class StoreFailed(Exception):
    """The store could not do it; nothing of the call is kept."""

    def __init__(self, doing: str, why: BaseException) -> None:
        super().__init__(f"the store failed while {doing}: {type(why).__name__}: {why}")
        self.doing = doing


@dataclass(frozen=True, slots=True)
class Appended:
    """What is durable now: the `new` events (those whose id was not there yet), in the order given. `older` holds what
    the caller did not know of these conversations: all events that were there before. `mark` counts all appends."""

    new: Sequence[Event]
    older: dict[str, list[Event]]
    mark: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery, or a part of one, that could not be used. `raw` is its beginning; `at_ms` when it came."""

    number: int
    at_ms: int
    reason: str
    raw: str


class Store(Protocol):
    """Every method raises `StoreFailed` if it cannot keep its word. Events are kept for `keep_s`."""

    keep_s: float

    @property
    def problem(self) -> str:
        """What is wrong although deliveries are kept, in words; empty if nothing is."""
        ...

    async def append(self, events: Sequence[Event], known: Mapping[str, int]) -> Appended:
        """Keep the events in one transaction: they survive SIGKILL once this returns. An id that is there already is
        passed over. `known` are the conversations with the version that the caller has of each (0: none)."""
        ...

    async def events_of(self, conversation: str) -> list[Event]:
        """All that is kept of one conversation, in the order in which it was appended."""
        ...

    def replay(self) -> AsyncIterator[tuple[str, list[Event]]]:
        """Every conversation that was in the last snapshot or had an event since, with all its events."""
        ...

    async def snapshot(self, conversations: Sequence[str], mark: int) -> None:
        """Remember which conversations are open as of `mark`, so that `replay` need not read all events."""
        ...

    async def dead_letter(self, raw: bytes, reason: str, at_ms: int) -> None:
        """Keep a delivery that could not be used."""
        ...

    async def dead_letters(self, offset: int, limit: int) -> tuple[list[DeadLetter], int]:
        """A page of the dead letters, the newest first, and how many there are."""
        ...

    async def forget(self, now_ms: int) -> int:
        """Drop some of what came more than `keep_s` before `now_ms` (a bounded number at once); answers how many events
        are gone."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of the files."""
        ...


@runtime_checkable
class Shared(Store, Protocol):
    """A store that several trackers use at once."""

    async def changed(self) -> list[tuple[str, int]]:
        """The conversations that changed since the last call, whoever changed them, with their versions; perhaps some
        that did not. The first call tells none."""
        ...

    async def judges(self) -> bool:
        """Whether this tracker is the one that speaks of conditions: exactly one is, while its connection lasts."""
        ...
