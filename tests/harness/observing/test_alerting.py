"""What a tracker should alert, by what really happened."""

from typing import Any

from harness.evidence import Entry
from harness.observing.alerting import BOUNCING, STUCK, Expected, Limits, Stay, Story, as_told, expected

LIMITS = Limits(max_dwell_ms=1_000, max_bounces=1)
MS = 1_000_000


def alerts(*stays: Stay, ended_ms: int | None = None) -> list[Expected]:
    return expected(Story("c-1", stays, ended_ms), LIMITS, offset_ns=7)


def test_a_stay_within_the_limit_is_no_alert() -> None:
    assert alerts(Stay("billing", 0, 1_000)) == []


def test_a_longer_stay_is_stuck_from_the_limit_until_it_is_left() -> None:
    assert alerts(Stay("billing", 500, 2_000)) == [Expected(STUCK, "c-1", "billing", 1_500 * MS + 7, 2_000 * MS + 7)]


def test_a_stay_that_lasts_will_be_stuck() -> None:
    assert alerts(Stay("billing", 500, None)) == [Expected(STUCK, "c-1", "billing", 1_500 * MS + 7, None)]


def test_one_entry_too_many_is_bouncing_until_the_end_of_the_call() -> None:
    entries = [Stay("billing", at, at + 10) for at in (0, 100, 200)]
    assert alerts(*entries[:2], Stay("sales", 300, 310)) == []
    assert alerts(*entries, ended_ms=900) == [Expected(BOUNCING, "c-1", "billing", 200 * MS + 7, 900 * MS + 7)]


def came(sink: str, state: str, **more: Any) -> Entry:
    alert = {"sink": sink, "alert": "stuck", "state": state, "conversation": "c-1", "queue": "billing", "key": "k-1"}
    return Entry(1, "receiver", "alert.received", fields=alert | more)


def test_what_names_a_key_alone_is_about_what_that_key_began_with_at_the_same_sink() -> None:
    nameless: dict[str, Any] = {"conversation": None, "queue": None}
    began, ended = came("pagerduty", "firing"), came("pagerduty", "resolved", **nameless)
    elsewhere, unknown = came("generic", "resolved", **nameless), came("pagerduty", "firing", key=None, **nameless)
    assert as_told([began, ended, elsewhere, unknown]) == [began, came("pagerduty", "resolved"), elsewhere, unknown]


def test_an_alertmanager_that_is_sent_the_same_again_is_reminded_until_it_is_resolved() -> None:
    states = ["firing", "firing", "firing", "resolved", "firing"]
    for sink, told in (("generic", states), ("alertmanager", ["firing", *["still firing"] * 2, "resolved", "firing"])):
        assert [entry["state"] for entry in as_told(came(sink, state) for state in states)] == told
    others = [came("alertmanager", "firing", conversation=name) for name in ("c-1", "c-2")]
    assert as_told(others) == others
