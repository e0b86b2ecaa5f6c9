"""A conversation's story: the fold over its events in order.

Events are kept as plain sorted tuples ("facts"), so that order and identity are one comparison: two events of the same
time, kind, participant and queue are the same event, whatever their envelopes say.
"""

from collections.abc import Iterable
from sys import intern

from tracker.events import Event, Kind
from tracker.ledger.interaction import Transition, Visit

# Of events at the same millisecond what ends comes before what begins, so that a transfer is not two stays at once.
# (A stay that ends in the millisecond it began in is put right by `enter`.)
RANK = {
    Kind.CUSTOMER_START: 0,
    Kind.FLOW_END: 1,
    Kind.USER_END: 2,
    Kind.ACD_END: 3,
    Kind.FLOW_START: 4,
    Kind.ACD_START: 5,
    Kind.USER_START: 6,
    Kind.ACW: 7,
    Kind.WRAPUP: 8,
    Kind.CUSTOMER_END: 9,
}
ACD_END = RANK[Kind.ACD_END]
ACD_START = RANK[Kind.ACD_START]
CUSTOMER_END = RANK[Kind.CUSTOMER_END]

Meaning = tuple[int, int, str, str]
"""at_ms, rank of the kind, participant, queue."""
Fact = tuple[int, int, str, str, str]
"""A meaning and the outcome. Sorts right behind its own meaning, before the next one."""
Bounced = dict[str, tuple[int, ...]]
"""For each queue the times of the entries that were bounces. Replaced, never changed."""


def meaning_of(event: Event) -> Meaning:
    """What makes two events the same event. Names that recur are kept in memory once."""
    return (event.at_ms, RANK[event.kind], intern(event.participant or ""), intern(event.queue or ""))


def facts_of(events: Iterable[Event]) -> list[Fact]:
    """The distinct events, in order."""
    distinct: dict[Meaning, Fact] = {}
    for event in events:
        meaning = meaning_of(event)
        distinct.setdefault(meaning, (*meaning, event.outcome or ""))
    return sorted(distinct.values())


NO_BOUNCES: Bounced = {}


class Stay:
    """One visit while it is being told."""

    __slots__ = ("after_exit", "entered_ms", "left_ms", "outcome", "participant", "queue")

    def __init__(self, queue: str, participant: str, entered_ms: int | None, left_ms: int | None = None) -> None:
        self.queue = queue
        self.participant = participant
        self.entered_ms = entered_ms
        self.left_ms = left_ms
        self.outcome = ""
        self.after_exit = False

    @property
    def begun_ms(self) -> int:
        """When it was first heard of; stays are told in the order of these times."""
        return self.entered_ms if self.entered_ms is not None else self.left_ms or 0

    def is_of(self, queue: str, participant: str) -> bool:
        """Whether it is this participant's in this queue."""
        return self.participant == participant and self.queue == queue

    def visit(self) -> Visit:
        """As it is shown."""
        both = self.entered_ms is not None and self.left_ms is not None
        dwell = self.left_ms - self.entered_ms if both else None  # type: ignore[operator]
        return Visit(self.queue, self.participant or None, self.entered_ms, self.left_ms, dwell, self.outcome or None)


class Story:
    """What the facts told so far amount to; they must be told in order."""

    __slots__ = ("_left", "bounced", "finished_ms", "inside", "last_ms", "phantoms", "stays")

    def __init__(self) -> None:
        # Most stories never need more than these empty ones: there are very many stories.
        self.stays: list[Stay] = []
        self.inside: tuple[Stay, ...] = ()
        self.bounced: Bounced = NO_BOUNCES
        self.phantoms: tuple[str, ...] = ()
        self.finished_ms: int | None = None
        self.last_ms = 0
        self._left: tuple[str, ...] = ()

    def tell(self, fact: Fact) -> Stay | None:
        """Take the next fact; answers the stay that it completed, if any."""
        at_ms, rank, participant, queue, outcome = fact
        self.last_ms = at_ms
        if rank == ACD_START:
            return self.enter(at_ms, participant, queue)
        if rank == ACD_END:
            return self._leave(at_ms, participant, queue, outcome)
        if rank == CUSTOMER_END:
            self.finished_ms = at_ms
        return None

    def enter(self, at_ms: int, participant: str, queue: str) -> Stay | None:
        """A queue is entered; answers a stay that is complete by it, which only one of no time is."""
        if self.finished_ms is not None:
            self.phantoms += (f"entered {queue} after the conversation ended",)
        for stay in reversed(self.stays):
            if stay.begun_ms < at_ms:
                break
            if stay.entered_ms is None and stay.is_of(queue, participant):
                return self._no_time_inside(stay, at_ms)
        if queue in self._left:
            self._left = tuple(other for other in self._left if other != queue)
            self.bounce(queue, at_ms)
        elif any(stay.queue == queue for stay in self.inside):
            self.phantoms += (f"entered {queue} twice without leaving",)
        entered = Stay(queue, participant, at_ms)
        self.stays.append(entered)
        # The same participant cannot be inside twice: only the newest stay goes on.
        self.inside = (*(stay for stay in self.inside if not stay.is_of(queue, participant)), entered)
        return None

    def _no_time_inside(self, stay: Stay, at_ms: int) -> Stay:
        stay.entered_ms = at_ms
        wrong = self.phantoms.index(f"left {stay.queue} but never entered")
        self.phantoms = self.phantoms[:wrong] + self.phantoms[wrong + 1 :]
        if stay.after_exit:
            self.bounce(stay.queue, at_ms)
        return stay

    def _leave(self, at_ms: int, participant: str, queue: str, outcome: str) -> Stay | None:
        for stay in self.inside:
            if stay.is_of(queue, participant):
                stay.left_ms, stay.outcome = at_ms, outcome
                self.inside = tuple(other for other in self.inside if other is not stay)
                self._left_queue(queue)
                return stay
        stay = Stay(queue, participant, None, at_ms)
        stay.outcome, stay.after_exit = outcome, queue in self._left
        self.stays.append(stay)
        self._left_queue(queue)
        self.phantoms += (f"left {queue} but never entered",)
        return None

    def _left_queue(self, queue: str) -> None:
        if queue not in self._left:
            self._left += (queue,)

    def bounce(self, queue: str, at_ms: int) -> None:
        """This entry counts as a bounce."""
        self.bounced = {**self.bounced, queue: (*self.bounced.get(queue, ()), at_ms)}

    @property
    def lasting(self) -> tuple[Stay, ...]:
        """The stays that go on now: none once the conversation is over."""
        return self.inside if self.finished_ms is None else ()

    def bounces(self) -> int:
        """Of all queues together."""
        return sum(len(times) for times in self.bounced.values())

    def improbable(self) -> tuple[str, ...]:
        """What cannot have happened as told, in words."""
        if self.finished_ms is None:
            return self.phantoms
        return (*self.phantoms, *(f"entered {stay.queue} but never left" for stay in self.inside))

    def transitions(self) -> tuple[Transition, ...]:
        """Each entry and exit, in order; of one millisecond the exits first, but for a stay of no time."""
        steps = []
        for number, stay in enumerate(self.stays):
            if stay.entered_ms is not None:
                steps.append((stay.entered_ms, 1, number, "enter"))
            if stay.left_ms is not None:
                steps.append((stay.left_ms, 2 if stay.left_ms == stay.entered_ms else 0, number, "exit"))
        return tuple(
            Transition(
                "enter" if kind == "enter" else "exit",
                self.stays[number].queue,
                self.stays[number].participant or None,
                at,
            )
            for at, _, number, kind in sorted(steps)
        )


def told(facts: list[Fact], kind: type[Story] = Story) -> Story:
    """The story of sorted facts."""
    story = kind()
    for fact in facts:
        story.tell(fact)
    return story
