"""The way back after a gap: analytics with client credentials."""

from typing import Any

import pytest

from tests.simulator.cloud.conftest import CloudProcess
from tests.simulator.cloud.platform.conftest import call_for, call_taken_by, desk

pytestmark = pytest.mark.world
QUERY = "/api/v2/analytics/conversations/details/query"
ALWAYS = "2020-01-01T00:00:00.000Z/2100-01-01T00:00:00.000Z"


def matching(dimension: str, value: str) -> dict[str, Any]:
    """A filter for one dimension."""
    predicate = {"type": "dimension", "dimension": dimension, "operator": "matches", "value": value}
    return {"type": "and", "predicates": [predicate]}


def ask(cloud: CloudProcess, **body: Any) -> list[str]:
    """The ids of the conversations found."""
    found = cloud.service().post(QUERY, json={"interval": ALWAYS, **body}).json()
    return [conversation["conversationId"] for conversation in found["conversations"]]


def test_conversations_are_found_by_agent_order_and_page(calm: CloudProcess) -> None:
    ann, bob = desk(calm), desk(calm, 1)
    first = call_for(ann)
    second = call_for(bob)
    assert ask(calm, segmentFilters=[matching("userId", ann.id)]) == [first]
    assert ask(calm, conversationFilters=[matching("conversationId", second)]) == [second]
    assert ask(calm, order="desc") == [second, first]
    assert ask(calm, paging={"pageSize": 1, "pageNumber": 2}) == [second]
    assert ask(calm, interval="2020-01-01T00:00:00.000Z/2020-01-02T00:00:00.000Z") == []


def test_the_segments_of_an_agent_tell_the_whole_story(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    ann.patch(call, state="disconnected")
    ann.wrap_up(call, code=ann.code(), notes="done")
    found = calm.service().get(f"/api/v2/analytics/conversations/{call}/details").json()
    agent = next(participant for participant in found["participants"] if participant.get("userId") == ann.id)
    segments = agent["sessions"][0]["segments"]
    assert [segment["segmentType"] for segment in segments] == ["alert", "interact", "wrapup"]
    assert segments[1]["disconnectType"] == "client"
    assert (segments[2]["wrapUpCode"], segments[2]["wrapUpNote"]) == (ann.code(), "done")
    assert [metric["name"] for metric in agent["sessions"][0]["metrics"]] == ["tAlert", "tTalk", "tHeld", "tAcw"]
    assert "conversationEnd" in found


def test_a_wrong_query_is_refused(calm: CloudProcess) -> None:
    service = calm.service()
    wrong: list[dict[str, Any]] = [
        {},
        {"interval": "yesterday"},
        {"interval": ALWAYS, "segmentFilters": [matching("colour", "red")]},
        {"interval": ALWAYS, "paging": {"pageSize": 101}},
    ]
    assert [service.post(QUERY, json=body).status_code for body in wrong] == [400] * 4


def test_the_status_of_an_agent_names_presence_routing_and_calls(calm: CloudProcess) -> None:
    ann = desk(calm)
    call = call_taken_by(ann)
    found = calm.service().get(f"/api/v2/analytics/agents/{ann.id}/status").json()
    assert (found["systemPresence"], found["routingStatus"], found["sessionCount"]) == ("ON_QUEUE", "INTERACTING", 1)
    assert (found["sessions"][0]["conversationId"], found["sessions"][0]["segmentType"]) == (call, "interact")
