"""Reading what the server says."""

from typing import Any

import pytest

from simulator.desktop.facts import Call, Presence, call_in, moment, presence_in, routing_in, spelt, written


@pytest.mark.parametrize("spelling", ["On Queue", "OnQueue", "ON_QUEUE", "on queue"])
def test_the_three_spellings_of_a_presence_are_one(spelling: str) -> None:
    assert spelt(spelling) == "ON_QUEUE"


@pytest.mark.parametrize("body", [None, [], "", {}, {"presenceDefinition": None}, {"presenceDefinition": {"id": "1"}}])
def test_what_is_not_in_shape_is_nothing(body: Any) -> None:
    assert (presence_in(body), routing_in(body), call_in(body, "a")) == (None, None, None)


def test_a_presence_event_is_read() -> None:
    body = {
        "presenceDefinition": {"id": "x", "systemPresence": "AVAILABLE"},
        "message": "",
        "modifiedDate": "2026-03-19T22:04:48.128Z",
    }
    assert presence_in(body) == Presence("AVAILABLE", "2026-03-19T22:04:48.128Z")


def conversation(**mine: Any) -> dict[str, Any]:
    """A conversation that was offered to the agent twice."""
    missed = {"id": "p1", "userId": "a", "calls": [{"state": "disconnected"}]}
    return {"id": "c", "version": 4, "participants": [{"id": "p0"}, missed, {"id": "p2", "userId": "a", **mine}]}


@pytest.mark.parametrize(
    ("mine", "state"),
    [
        ({"calls": [{"state": "alerting"}]}, "alerting"),
        ({"state": "connected"}, "connected"),
        ({"calls": [{"state": "disconnected"}], "startAcwTime": "2026-03-19T22:04:48.128Z"}, "wrapup"),
        ({"calls": [{"state": "disconnected"}]}, "ended"),
    ],
)
def test_the_newest_participant_of_the_agent_counts(mine: dict[str, Any], state: str) -> None:
    found = call_in(conversation(**mine), "a")
    assert found is not None
    assert (found.participant, found.state, found.version) == ("p2", state, 4)


def test_the_deadline_of_after_call_work_is_the_servers() -> None:
    found = call_in(
        conversation(state="disconnected", startAcwTime="2026-03-19T22:04:48.000Z", wrapupTimeoutMs=120_000), "a"
    )
    assert found is not None
    assert written(found.deadline_wall) == "2026-03-19T22:06:48.000Z"


def test_without_a_version_the_newest_time_in_it_is_one() -> None:
    body = conversation(state="connected", connectedTime="2026-03-19T22:04:48.128Z")
    del body["version"]
    found = call_in(body, "a")
    assert found == Call("c", "connected", int((moment("2026-03-19T22:04:48.128Z") or 0) * 1000), "p2")
