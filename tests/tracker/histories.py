"""Whole conversations as Genesys tells them, for tests: made by Hypothesis, in order, each event once."""

from collections.abc import Iterator

from hypothesis import strategies as st

from tracker.events import Event, Kind

START_MS = 1_790_000_000_000
QUEUES = ("Billing", "Sales", "Support")


class Teller:
    """Writes down one conversation's events; time only goes on."""

    def __init__(self, conversation: str, start_ms: int) -> None:
        self.conversation = conversation
        self.now_ms = start_ms
        self.events: list[Event] = []
        self._participants = 0

    def participant(self, kind: str) -> str:
        """A new participant's id."""
        self._participants += 1
        return f"{self.conversation}-{kind}-{self._participants}"

    def tell(self, kind: Kind, participant: str, queue: str | None = None, outcome: str | None = None) -> None:
        """Something happens now."""
        id = f"{self.conversation}/{len(self.events)}"
        self.events.append(Event(id, self.conversation, kind, self.now_ms, participant, queue, None, outcome))


@st.composite
def conversations(draw: st.DrawFn, name: str = "c-1") -> list[Event]:
    """One conversation: a flow, queues, declines, re-queues, transfers, after-call work; perhaps not over."""
    teller = Teller(name, START_MS + draw(st.integers(0, 1000)))
    wait = st.one_of(st.just(0), st.integers(1, 400_000))

    def passes() -> None:
        teller.now_ms += draw(wait)

    customer = teller.participant("customer")
    teller.tell(Kind.CUSTOMER_START, customer)
    if draw(st.booleans()):
        flow = teller.participant("flow")
        teller.tell(Kind.FLOW_START, flow)
        passes()
        teller.tell(Kind.FLOW_END, flow)
    for queue in draw(st.lists(st.sampled_from(QUEUES), max_size=6)):
        _queued(draw, teller, queue, passes)
    if draw(st.booleans()):
        passes()
        teller.tell(Kind.CUSTOMER_END, customer)
    last = draw(st.integers(1, len(teller.events)))
    return teller.events[:last]


def _queued(draw: st.DrawFn, teller: Teller, queue: str, passes: "object") -> None:
    assert callable(passes)
    # The seeds' dialect names the customer in each visit, Genesys a new ACD participant.
    acd = draw(st.sampled_from([teller.participant("acd"), f"{teller.conversation}-caller"]))
    teller.tell(Kind.ACD_START, acd, queue)
    for _ in range(draw(st.integers(0, 2))):
        passes()
        agent = teller.participant("agent")
        teller.tell(Kind.USER_START, agent, queue)
        passes()
        teller.tell(Kind.USER_END, agent, queue)
    passes()
    outcome = draw(st.sampled_from(["ANSWERED", "ABANDON", "FLOW_OUT"]))
    teller.now_ms += 1
    teller.tell(Kind.ACD_END, acd, queue, outcome)
    if outcome == "ANSWERED":
        agent = teller.participant("agent")
        teller.tell(Kind.USER_START, agent, queue)
        passes()
        teller.tell(Kind.USER_END, agent, queue)
        passes()
        teller.tell(Kind.ACW, agent, queue)
    teller.now_ms += draw(st.integers(0, 5))


@st.composite
def deliveries(draw: st.DrawFn, events: list[Event]) -> list[Event]:
    """The events shuffled, some of them twice or more: as redeliveries, or under an envelope of their own."""
    again = draw(st.lists(st.tuples(st.sampled_from(events), st.booleans()), max_size=8))
    copies = [_renamed(event, number) if renamed else event for number, (event, renamed) in enumerate(again)]
    return draw(st.permutations([*events, *copies]))


def _renamed(event: Event, number: int) -> Event:
    return Event(
        f"{event.id}#{number}", event.conversation, event.kind, event.at_ms,
        event.participant, event.queue, event.user, event.outcome,
    )  # fmt: skip


def parts(events: list[Event], sizes: list[int]) -> Iterator[list[Event]]:
    """The events in pieces of these sizes, the last one with what is left."""
    start = 0
    for size in sizes:
        yield events[start : start + size]
        start += size
    yield events[start:]
