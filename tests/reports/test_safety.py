"""The guard's record and the leases'."""

import json
from typing import Any

from reports import record
from reports.safety import conditions, leases


def test_each_condition_has_its_limit_and_the_most_that_was_noted(recorded: Any) -> None:
    found = {c.condition: c for c in conditions(record.read(recorded.write()))}
    assert found["api_p99_ms"].most == 100.0
    assert found["api_p99_ms"].limit == "above 2000 for 30 s"
    assert (found["websocket_error_rate"].most, found["websocket_error_rate"].breached) == (0.01, False)
    assert found["api_p99_ms"].samples == 9


def test_a_breach_is_shown_with_what_was_found(recorded: Any) -> None:
    name = "api_p99_ms above 2000 for 30 s"
    recorded.add("keeper", 70, "guard.breach", condition=name, limit=2000.0, found=2600.0)
    found = {c.condition: c for c in conditions(record.read(recorded.write()))}["api_p99_ms"]
    assert (found.breached, found.most) == (True, 2600.0)


def test_the_experiments_own_conditions_are_taken_from_the_journal(recorded: Any) -> None:
    folder = recorded.write()
    guard = [{"measure": "api_error_rate", "limit": 0.5, "for_s": 5}]
    journal = {"experiment": {"extensions": [{"name": "deskstorm", "guard": guard}]}}
    (folder / "journal.json").write_text(json.dumps(journal))
    assert [c.condition for c in conditions(record.read(folder))] == ["api_error_rate"]


def test_a_lease_that_was_given_back_says_so(recorded: Any) -> None:
    (found,) = leases(record.read(recorded.write()))
    assert (found.fault, found.held, found.how) == ("ws_reset", 39.0, "released in order")


def test_a_lease_that_the_keeper_undid_says_why_and_whether_it_was_verified(recorded: Any) -> None:
    recorded.add("keeper", 60, "lease.held", lease="l2", fault="api_hang", seconds=5)
    recorded.add("keeper", 65, "lease.undone", lease="l2", fault="api_hang", why="its time was up", verified=True)
    found = leases(record.read(recorded.write()))[-1]
    assert (found.how, found.verified) == ("undone by the keeper: its time was up", True)


def test_a_lease_that_never_ended_is_still_held(recorded: Any) -> None:
    recorded.add("keeper", 60, "lease.held", lease="l2", fault="api_hang", seconds=5)
    found = leases(record.read(recorded.write()))[-1]
    assert (found.ended, found.how) == (None, "still held")
