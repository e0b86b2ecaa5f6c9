"""However events arrive, the ledger says what really happened."""

from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.histories import START_MS, conversations, deliveries, parts
from tests.tracker.oracle import Truth, truth
from tracker.events import Event, Kind
from tracker.ledger import Condition, Interaction, Ledger, Limits, Thresholds, Visit
from tracker.ledger.story import Fact, Stay, Story

C, T = "c-17", START_MS


def entered(at_s: float, queue: str = "Billing", participant: str = "p1") -> Event:
    """The conversation enters a queue."""
    return Event(f"enter-{queue}-{participant}-{at_s}", C, Kind.ACD_START, T + int(at_s * 1000), participant, queue)


def left(at_s: float, queue: str = "Billing", participant: str = "p1", outcome: str = "ANSWERED") -> Event:
    """It leaves the queue."""
    id = f"exit-{queue}-{participant}-{at_s}"
    return Event(id, C, Kind.ACD_END, T + int(at_s * 1000), participant, queue, outcome=outcome)


def ended(at_s: float) -> Event:
    """The customer leaves."""
    return Event(f"end-{at_s}", C, Kind.CUSTOMER_END, T + int(at_s * 1000), "customer")


def told(*events: Event, ledger: Ledger | None = None) -> Interaction:
    """What a ledger says after these events."""
    ledger = ledger or Ledger()
    for event in events:
        ledger.apply(event)
    found = ledger.interaction(C)
    assert found is not None
    return found


def due(ledger: Ledger, at_s: float) -> list[Condition]:
    """It is so many seconds after the start."""
    return ledger.due(T + int(at_s * 1000))


def as_truth(found: Interaction) -> Truth:
    """What the oracle speaks of."""
    return Truth(
        found.version,
        found.open,
        found.current_queue,
        [(v.queue, v.participant, v.entered_ms, v.left_ms, v.outcome) for v in found.visits],
        [(t.type, t.queue, t.at_ms) for t in found.transitions],
        found.bounces,
    )


@given(st.data())
def test_any_order_with_any_repetitions_gives_the_state_of_the_same_events_in_order(data: st.DataObject) -> None:
    events = data.draw(conversations())
    ledger = Ledger()
    applied = sum(ledger.apply(event).applied for event in data.draw(deliveries(events)))
    found = ledger.interaction("c-1")
    assert found is not None
    assert as_truth(found) == truth(events)
    assert found.phantoms == () or not found.open
    assert applied == found.version


@given(st.data())
def test_every_state_on_the_way_is_that_of_what_arrived_so_far(data: st.DataObject) -> None:
    arriving = data.draw(deliveries(data.draw(conversations())))
    ledger, version = Ledger(), 0
    for number, event in enumerate(arriving, 1):
        ledger.apply(event)
        in_order = Ledger()
        for known in sorted(arriving[:number], key=lambda e: e.at_ms):
            in_order.apply(known)
        found = ledger.interaction("c-1")
        assert found is not None
        assert found == in_order.interaction("c-1") == ledger.view("c-1", arriving[:number])
        assert found.version >= version
        version = found.version


@given(st.data())
def test_events_that_are_taken_at_once_are_the_events_taken_one_by_one(data: st.DataObject) -> None:
    events = data.draw(conversations())
    ledger, applied, reported = Ledger(Thresholds(Limits(max_bounces=1))), 0, set[Visit]()
    for some in parts(data.draw(deliveries(events)), data.draw(st.lists(st.integers(1, 9), max_size=4))):
        changes = ledger.apply_all("c-1", some)
        assert len(changes) == len(some)
        applied += sum(change.applied for change in changes)
        reported.update(visit for change in changes for visit in change.completed)
    found = ledger.interaction("c-1")
    assert found is not None
    assert as_truth(found) == truth(events)
    assert applied == found.version
    assert {visit for visit in found.visits if visit.dwell_ms is not None} <= reported
    assert ledger.listing("anomalous", 0, 5)[1] == found.anomalous


def test_very_many_out_of_order_are_one_fold() -> None:
    class Counting(Story):
        told = 0

        def tell(self, fact: Fact) -> Stay | None:
            Counting.told += 1
            return super().tell(fact)

    ledger = Ledger()
    ledger.story = Counting
    ledger.apply(ended(5000))
    changes = ledger.apply_all(
        C, [step for number in range(1000, 0, -1) for step in (left(number + 0.5), entered(number))]
    )
    assert Counting.told == 1 + 2001
    assert [len(change.completed) for change in changes] == [0] * 1999 + [1000]
    assert told(ledger=ledger).version == 2001


@given(st.data())
def test_each_dwell_is_reported_when_its_visit_is_complete(data: st.DataObject) -> None:
    events = data.draw(conversations())
    ledger = Ledger()
    reported: list[Visit] = []
    for event in data.draw(deliveries(events)):
        reported += ledger.apply(event).completed
    found = ledger.interaction("c-1")
    assert found is not None
    assert {visit for visit in found.visits if visit.dwell_ms is not None} <= set(reported)


def test_an_exit_before_its_enter_waits_for_it() -> None:
    ledger = Ledger()
    alone = told(left(40), ledger=ledger)
    assert alone.visits == (Visit("Billing", "p1", None, T + 40_000, None, "ANSWERED"),)
    assert alone.phantoms == ("left Billing but never entered",)
    change = ledger.apply(entered(10))
    both = Visit("Billing", "p1", T + 10_000, T + 40_000, 30_000, "ANSWERED")
    assert change.completed == (both,)
    found = told(ledger=ledger)
    assert (found.visits, found.phantoms, found.version) == ((both,), (), 2)


def test_the_same_event_under_another_envelope_is_the_same_event() -> None:
    ledger = Ledger()
    assert ledger.apply(entered(1)).applied
    assert not ledger.apply(entered(1)._replace(id="another")).applied
    assert told(ledger=ledger).version == 1


def test_going_back_to_a_queue_is_a_bounce_and_a_repeated_enter_is_not() -> None:
    back = told(entered(1), left(2), entered(3, "Sales", "p2"), left(4, "Sales", "p2"), entered(5, participant="p3"))
    assert (back.bounces, back.bounce_ratio, back.current_queue) == (1, 1 / 3, "Billing")
    twice = told(entered(1), entered(3, participant="p2"))
    assert (twice.bounces, twice.phantoms) == (0, ("entered Billing twice without leaving",))


def test_a_visit_may_begin_and_end_in_one_millisecond() -> None:
    found = told(left(5), entered(5))
    assert [(v.entered_ms, v.left_ms, v.dwell_ms) for v in found.visits] == [(T + 5000, T + 5000, 0)]
    assert [t.type for t in found.transitions] == ["enter", "exit"]
    assert (found.phantoms, found.current_queue, found.bounces) == ((), None, 0)


def test_the_end_of_a_declined_offer_is_not_the_end() -> None:
    declined = Event("u", C, Kind.USER_END, T + 9000, "agent", "Billing")
    found = told(entered(1), declined)
    assert (found.open, found.current_queue) == (True, "Billing")


def test_the_end_of_the_customer_is_the_end_and_what_was_never_left_is_named() -> None:
    found = told(entered(1), ended(9))
    assert (found.open, found.current_queue, found.finished_ms) == (False, None, T + 9000)
    assert found.phantoms == ("entered Billing but never left",)
    late = told(entered(1), left(2), ended(9), entered(10, "Sales", "p2"))
    assert late.phantoms == ("entered Sales after the conversation ended", "entered Sales but never left")


def test_who_stays_too_long_is_found_while_still_inside() -> None:
    ledger = Ledger(Thresholds(Limits(300, 3), {"Sales": Limits(10, 3)}))
    ledger.apply(entered(0))
    ledger.apply(entered(0, "Sales", "p2"))
    assert due(ledger, 10) == []
    assert due(ledger, 10.5) == [Condition("stuck", C, "Sales", T, 10.5, 10, True)]
    assert due(ledger, 300) == []
    assert due(ledger, 301) == [Condition("stuck", C, "Billing", T, 301, 300, True)]
    assert told(ledger=ledger).stuck
    assert ledger.conditions() == [
        Condition("stuck", C, "Sales", T, 10.5, 10, True), Condition("stuck", C, "Billing", T, 301, 300, True)
    ]  # fmt: skip
    assert ledger.apply(left(400)).conditions == (Condition("stuck", C, "Billing", T, 400, 300, False),)
    assert ledger.apply(ended(500)).conditions == (Condition("stuck", C, "Sales", T, 500, 10, False),)
    assert not told(ledger=ledger).stuck
    assert due(ledger, 1000) == []


def test_of_very_many_that_become_stuck_at_once_some_are_told_at_a_time() -> None:
    ledger = Ledger()
    for number in range(1200):
        ledger.apply(entered(0)._replace(conversation=f"c-{number}"))
    told_at_once = []
    while conditions := due(ledger, 301):
        told_at_once.append(len(conditions))
    assert told_at_once == [500, 500, 200]


def test_an_exit_that_comes_late_ends_the_condition_and_one_in_time_prevents_it() -> None:
    ledger = Ledger()
    ledger.apply(entered(0))
    ledger.apply(left(5))
    assert due(ledger, 400) == []
    ledger.apply(entered(10, participant="p2"))
    assert [c.kind for c in due(ledger, 400)] == ["stuck"]
    assert ledger.apply(left(290, participant="p2")).conditions == (
        Condition("stuck", C, "Billing", T + 10_000, 280, 300, False),
    )


def test_an_enter_that_comes_late_brings_its_own_deadline() -> None:
    ledger = Ledger()
    ledger.apply(entered(200, "Sales", "p2"))
    ledger.apply(entered(0))
    assert ledger.next_deadline() == T + 300_000
    assert [c.queue for c in due(ledger, 301)] == ["Billing"]
    assert ledger.next_deadline() == T + 500_000


def bouncing(times: int) -> list[Event]:
    """In and out of Billing, and in again, so many times."""
    steps = [entered(0), left(1)]
    for number in range(1, times + 1):
        steps += [entered(10 * number), left(10 * number + 1)]
    return steps


def test_who_comes_back_once_too_often_bounces_until_the_conversation_ends() -> None:
    ledger = Ledger()
    conditions = [c for event in bouncing(5) for c in ledger.apply(event).conditions]
    assert conditions == [Condition("bouncing", C, "Billing", T + 40_000, 4, 3, True)]
    assert told(ledger=ledger).anomalous
    assert ledger.apply(ended(99)).conditions == (Condition("bouncing", C, "Billing", T + 40_000, 5, 3, False),)
    assert told(ledger=ledger).anomalous


def test_bounces_that_are_learnt_of_after_the_end_are_still_told_once() -> None:
    ledger = Ledger()
    ledger.apply(ended(99))
    conditions = [c for event in reversed(bouncing(4)) for c in ledger.apply(event).conditions]
    assert [c.holds for c in conditions] == [True, False]


def test_finished_conversations_leave_memory_and_those_in_a_queue_stay() -> None:
    ledger = Ledger(retention_s=60)
    ledger.due(T)
    ledger.apply(entered(0)._replace(conversation="waits"))
    for event in (entered(0), left(1), ended(2)):
        ledger.apply(event)
    due(ledger, 59)
    assert ledger.size() == 2
    due(ledger, 61)
    assert (ledger.interaction(C), ledger.size()) == (None, 1)


def test_no_more_conversations_rest_in_memory_than_allowed() -> None:
    ledger = Ledger(most_over=10)
    for number in range(100):
        ledger.apply(ended(1)._replace(conversation=f"c-{number}"))
    ledger.due(T)
    assert ledger.size() == 10
    assert ledger.version("c-99") == 1
    for number in range(2000):
        ledger.apply(ended(1)._replace(conversation=f"d-{number}"))
    ledger.trim()
    assert ledger.size() == 10
    assert ledger.version("d-1999") == 1


def test_what_is_forgotten_ends_its_conditions_and_says_so_again_when_it_is_loaded() -> None:
    ledger = Ledger(retention_s=60)
    ledger.due(T)
    for event in bouncing(4):
        ledger.apply(event)
    assert [c.holds for c in due(ledger, 4000)] == [False]
    assert ledger.conditions() == []
    assert [c.holds for c in ledger.load(C, bouncing(4))] == [True]
    assert told(ledger=ledger).version == 10


def test_what_is_loaded_of_a_finished_conversation_is_no_news() -> None:
    assert Ledger().load(C, [*bouncing(4), ended(99)]) == []


def test_a_heap_of_dead_deadlines_does_not_grow() -> None:
    ledger = Ledger(most_over=10)
    for number in range(5000):
        for event in (entered(number), left(number + 0.5)):
            ledger.apply(event._replace(conversation=f"c-{number}"))
    assert len(ledger._deadlines) <= 1001


def test_a_listing_has_pages() -> None:
    ledger = Ledger()
    for number in range(5):
        ledger.apply(entered(number)._replace(conversation=f"c-{number}"))
    ledger.apply(ended(9)._replace(conversation="c-0"))
    page, total = ledger.listing("open", 1, 2)
    assert ([found.conversation for found in page], total) == (["c-2", "c-3"], 4)
    ledger.due(T + 302_500)
    page, total = ledger.listing("stuck", 0, 10)
    assert ([found.conversation for found in page], total) == (["c-1", "c-2"], 2)
    assert ledger.listing("anomalous", 0, 10) == ([], 0)
    for event in (*bouncing(4), ended(99)):
        ledger.apply(event)
    page, total = ledger.listing("anomalous", 0, 10)
    assert ([found.conversation for found in page], total) == ([C], 1)
    ledger.due(T + 10_000_000)
    assert ledger.listing("anomalous", 0, 10) == ([], 0)


def test_who_left_for_want_of_room_is_not_counted_as_anomalous() -> None:
    ledger = Ledger(most_over=0, crowd=0)
    for event in (*bouncing(4), ended(99)):
        ledger.apply(event)
    assert ledger.listing("anomalous", 0, 10)[1] == 1
    ledger.trim()
    assert ledger.listing("anomalous", 0, 10) == ([], 0)


def test_bounces_are_of_one_queue_and_up_to_a_time() -> None:
    ledger = Ledger()
    for event in (*bouncing(3), entered(50, "Sales", "p2"), left(51, "Sales", "p2"), entered(60, "Sales", "p2")):
        ledger.apply(event)
    asked = [("Billing", 9), ("Billing", 10), ("Billing", 25), ("Billing", 99), ("Sales", 59), ("Sales", 60), ("X", 99)]
    assert [ledger.bounces(C, queue, T + at_s * 1000) for queue, at_s in asked] == [0, 1, 2, 3, 0, 1, 0]
    assert ledger.bounces("nobody", "Billing", T) == 0
