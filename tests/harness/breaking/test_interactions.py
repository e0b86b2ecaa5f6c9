"""Made-up interactions look like real ones."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.breaking.interactions import Interaction, delivery, interactions, spread
from harness.world import Dialect

QUEUES = ("billing", "sales", "support")
END_MS = 1_800_000_000_000


def made(seed: int, count: int = 20, open_share: float = 0.3) -> list[Interaction]:
    return interactions(count, seed, QUEUES, END_MS, open_share)


def test_the_same_seed_makes_the_same_interactions_and_another_others() -> None:
    assert made(1) == made(1)
    assert {one.conversation for one in made(1)}.isdisjoint(one.conversation for one in made(2))


@given(st.integers(0, 2**31))
def test_each_is_in_one_queue_at_a_time_and_ends_or_waits(seed: int) -> None:
    for one in made(seed, 5):
        names = [happening.name for happening in one.happenings]
        times = [happening.at_ms for happening in one.happenings]
        steps = [step for happening in one.happenings for step in happening.steps]
        assert names[:3] == ["customer.start", "flow.start", "flow.end"]
        assert (names[-1] == "acd.start") == one.waits
        assert (names[-1] == "customer.end") == (not one.waits)
        assert times == sorted(set(times))
        assert times[-1] < END_MS
        assert [step.enters for step in steps] == [number % 2 == 0 for number in range(len(steps))]
        entered = [step.queue for step in steps if step.enters]
        assert all(entered.count(queue) <= 3 for queue in entered)
        # A queue that was left for another is never entered again.
        assert len([1 for a, b in pairwise(entered) if a != b]) == len(set(entered)) - 1


def test_ids_of_events_and_participants_of_stays_are_all_different() -> None:
    happenings = [happening for one in made(3, 50) for happening in one.happenings]
    assert len({happening.id for happening in happenings}) == len(happenings)
    stays = [happening.participant for happening in happenings if happening.name == "acd.start"]
    assert len(set(stays)) == len(stays)


def test_a_delivery_is_shaped_as_eventbridge_does_it() -> None:
    enter = next(h for one in made(1) for h in one.happenings if h.name == "acd.start")
    found = delivery(enter, Dialect.GENESYS)
    assert found is not None
    assert found["detail-type"] == "v2.detail.events.conversation.{id}.acd.start"
    assert found["detail"]["topicName"] == f"v2.detail.events.conversation.{enter.conversation}.acd.start"
    assert found["detail"]["eventBody"]["queueId"] == enter.queue
    assert found["detail"]["eventBody"]["eventTime"] == enter.at_ms
    assert found["id"] == enter.id


def test_the_simplified_dialect_knows_entries_and_exits_alone() -> None:
    for happening in made(1)[0].happenings:
        found = delivery(happening, Dialect.SEED)
        assert (found is None) == (happening.name not in ("acd.start", "acd.end"))
        if found is not None:
            ending = "enter" if happening.name == "acd.start" else "exit"
            assert found["detail"]["eventType"] == f"routing:conversation:queue:member:{ending}"
            assert found["detail"]["routingQueueId"] == happening.queue
            assert found["detail"]["timestamp"].endswith("Z")


def test_spread_events_keep_their_order_and_are_timed_as_they_are_delivered() -> None:
    made_up = made(2, 5)
    for per_s in (10.0, 5_000.0):
        found = spread(made_up, Dialect.GENESYS, END_MS, per_s)
        assert len(found) == sum(len(one.happenings) for one in made_up)
        assert found[0].at_ms == END_MS
        for one in made_up:
            own = [happening for happening in found if happening.conversation == one.conversation]
            assert [happening.id for happening in own] == [happening.id for happening in one.happenings]
            assert all(a.at_ms < b.at_ms for a, b in pairwise(own))
    assert found[-1].at_ms - END_MS < 1_000 * len(found) / 10
    assert all(happening.steps for happening in spread(made_up, Dialect.SEED, END_MS, 10.0))
