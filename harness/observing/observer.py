"""Readings of the public API that the validator and several probes share."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.observing.api import Api, segment
from harness.observing.status import AgentStatus, ConversationStatus, conversation_status, member_status

DETAILS_QUERY = "/api/v2/analytics/conversations/details/query"
# Long enough for any call, short enough for what one details query may ask.
LOOK_BACK = timedelta(days=1)


def agent_statuses(api: Api, queue_id: str, agents: Collection[str]) -> dict[str, AgentStatus]:
    """Status of each of `agents` that is a member of the queue, by agent id."""
    path = f"/api/v2/routing/queues/{segment(queue_id)}/members"
    members = api.pages(path, expand="presence,routingStatus,conversationSummary")
    return {str(member["id"]): member_status(member) for member in members if member["id"] in agents}


def conversation(api: Api, conversation_id: str) -> ConversationStatus:
    """One conversation as it stands now."""
    return conversation_status(api.get(f"/api/v2/conversations/{segment(conversation_id)}"))


def conversation_details(api: Api, agents: Collection[str], active_only: bool = False) -> list[dict[str, Any]]:
    """The analytics details of the conversations of the last day that any of `agents` was in, oldest first."""
    now = datetime.now(UTC)
    body: dict[str, Any] = {
        "interval": f"{_stamp(now - LOOK_BACK)}/{_stamp(now + timedelta(minutes=5))}",
        "order": "asc",
        "orderBy": "conversationStart",
        "segmentFilters": [{"type": "or", "predicates": [_is_agent(agent) for agent in sorted(agents)]}],
        "paging": {"pageSize": 100, "pageNumber": 1},
    }
    found: list[dict[str, Any]] = []
    while True:
        page = api.call("POST", DETAILS_QUERY, body).get("conversations") or []
        found += page
        if len(page) < body["paging"]["pageSize"]:
            return [one for one in found if not (active_only and one.get("conversationEnd"))]
        body["paging"]["pageNumber"] += 1


def conversation_ids(details: Iterable[dict[str, Any]]) -> list[str]:
    """The ids in the answer of a details query."""
    return [str(one["conversationId"]) for one in details]


def _is_agent(agent: str) -> dict[str, str]:
    return {"type": "dimension", "dimension": "userId", "operator": "matches", "value": agent}


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
