"""Requests of desktops, from lines of evidence."""

from typing import Any

from harness.evidence import Entry, Evidence
from harness.observing.traffic import connection_attempts, most_per_agent, requests, sent_at


def call(t: int, agent: str | None, method: str = "GET", path: str = "/x", **fields: Any) -> Entry:
    """One API request on the wire."""
    return Entry(t, "wire", "api", agent, {"method": method, "path": path, "status": 200, "ms": 0.0, **fields})


def test_requests_are_chosen_by_method_pattern_and_agent() -> None:
    found = Evidence((call(1, "a"), call(2, None, "POST", "/oauth/token"), call(3, "canary")))
    assert [entry.t for entry in requests(found, ["a"])] == [1, 2]
    assert [entry.t for entry in requests(found, ["a"], "POST", "*/token")] == [2]


def test_a_request_was_sent_before_it_was_answered() -> None:
    assert sent_at(call(10_000_000, "a", ms=4.0)) == 6_000_000


def test_requests_of_nobody_known_are_shared_out() -> None:
    entries = [call(t, None) for t in range(7)] + [call(3, "a"), call(4, "a")]
    assert most_per_agent(entries, 100, ["a", "b", "c"]) == 2 + 3


def test_a_channel_that_is_given_is_no_attempt_of_its_own() -> None:
    channels = "/api/v2/notifications/channels"
    found = Evidence(
        (
            call(1, "a", "POST", channels),
            Entry(2, "wire", "ws.open", "a", {"socket": 1}),
            call(3, "a", "POST", channels, status=503),
            Entry(4, "crowd", "socket.opening", "a", {"socket": 1}),
        )
    )
    assert connection_attempts(found, ["a", "b"]) == {"a": [2, 3], "b": []}
