"""Reading the public API's answers."""

from typing import Any

import pytest

from harness.observing.status import (
    AgentStatus,
    Part,
    conversation_status,
    member_status,
    spelt_as_in_events,
    user_status,
)


@pytest.mark.parametrize(
    ("given", "spelt"),
    [
        ("On Queue", "ON_QUEUE"),
        ("OnQueue", "ON_QUEUE"),
        ("ON_QUEUE", "ON_QUEUE"),
        ("Available", "AVAILABLE"),
        ("MEETING", "MEETING"),
        (None, ""),
    ],
)
def test_the_three_spellings_are_one(given: str | None, spelt: str) -> None:
    assert spelt_as_in_events(given) == spelt


def test_a_member_is_read_with_presence_routing_and_membership() -> None:
    member = {
        "id": "a",
        "joined": True,
        "routingStatus": {"userId": "a", "status": "IDLE"},
        "user": {
            "id": "a",
            "presence": {
                "presenceDefinition": {"id": "x", "systemPresence": "On Queue"},
                "message": "hello",
                "modifiedDate": "2026-11-20T12:00:00.000Z",
            },
        },
    }
    found = member_status(member)
    assert found == AgentStatus("a", "ON_QUEUE", "IDLE", True, "hello", "2026-11-20T12:00:00.000Z")
    assert found.at_work


@pytest.mark.parametrize("change", [{"joined": False}, {"routing": "NOT_RESPONDING"}, {"presence": "AVAILABLE"}])
def test_an_agent_whom_no_call_can_reach_is_not_at_work(change: dict[str, Any]) -> None:
    well: dict[str, Any] = {"agent": "a", "presence": "ON_QUEUE", "routing": "INTERACTING", "joined": True}
    assert AgentStatus(**well).at_work
    assert not AgentStatus(**{**well, **change}).at_work


def test_a_user_of_whom_little_is_known_is_off_queue() -> None:
    assert user_status({"id": "a"}, joined=False) == AgentStatus("a", "", "OFF_QUEUE", False)


def conversation(*participants: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A conversation with a customer and these agents."""
    customer = {"id": "p0", "purpose": "customer", "calls": [{"state": "connected"}]}
    return {"id": "c", "version": 7, "participants": [customer, *participants], **more}


def agent(state: str, **more: Any) -> dict[str, Any]:
    """An agent's participant."""
    return {"id": "p1", "purpose": "agent", "userId": "a", "calls": [{"state": state}], **more}


def test_of_an_agent_who_was_offered_a_call_twice_the_newest_part_counts() -> None:
    found = conversation_status(conversation(agent("terminated"), {**agent("alerting"), "id": "p2"}))
    assert found.parts == (Part("a", "p2", "alerting", None),)
    assert (found.id, found.state, found.version, found.over) == ("c", "alerting", 7, False)


def test_after_call_work_has_a_deadline_until_it_ends() -> None:
    acw = {"startAcwTime": "1970-01-01T00:00:10.000Z", "wrapupTimeoutMs": 5_000}
    ended = {"endTime": "1970-01-01T00:00:10.000Z"}
    found = conversation_status(conversation(agent("disconnected", **acw), **ended))
    assert found.parts[0].acw_deadline_ms == 15_000
    assert (found.state, found.over) == ("disconnected", False)
    done = agent("terminated", **acw, endAcwTime="1970-01-01T00:00:12.000Z", wrapup={"code": "x", "notes": "y"})
    found = conversation_status(conversation(done, **ended))
    assert found.parts[0].wrapup == {"code": "x", "notes": "y", "provisional": False}
    assert found.over


def test_a_call_that_waits_in_the_queue_has_no_agents() -> None:
    found = conversation_status(conversation())
    assert (found.state, found.parts, found.over) == ("waiting", (), False)
