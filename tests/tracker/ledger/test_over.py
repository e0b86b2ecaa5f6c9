"""What was over before anybody could say so is still known, for a tracker that was killed in that moment."""

from tracker.events import Event, Kind
from tracker.ledger import Condition, Ledger, Limits, Thresholds


def bounced(conversation: str, times: int, ended: bool) -> list[Event]:
    events = []
    for visit in range(times + 1):
        who = conversation, f"{conversation}-{visit}"
        events.append(Event(f"{who[1]}-in", who[0], Kind.ACD_START, 1000 * visit, who[1], "billing"))
        events.append(Event(f"{who[1]}-out", who[0], Kind.ACD_END, 1000 * visit + 500, who[1], "billing"))
    end = Event(f"{conversation}-end", conversation, Kind.CUSTOMER_END, 100_000)
    return [*events, end] if ended else events


def test_bouncing_that_is_over_is_named_as_it_ended() -> None:
    ledger = Ledger(Thresholds(Limits(max_bounces=2)))
    ledger.due(100_000)
    for name, times, ended in (("over", 4, True), ("holds", 4, False), ("within", 2, True)):
        ledger.load(name, bounced(name, times, ended))
    assert ledger.over() == [Condition("bouncing", "over", "billing", 3000, 4, 2, False)]
    assert [condition.conversation for condition in ledger.conditions()] == ["holds"]
