"""Analytics: the state of agents, and the details of conversations - the way back after a gap in the events."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.caller import ApiError
from simulator.cloud.exchange import authenticated, cloud_of, json_object
from simulator.cloud.platform.analytics_shapes import agent_status, details
from simulator.cloud.platform.guards import optional, required
from simulator.cloud.platform.media import endpoint_stats
from simulator.cloud.platform.model import Conversation

MAX_PAGE = 100
Matcher = Callable[[Conversation], bool]

# What a dimension of a predicate is in a conversation: the values of which one must match.
DIMENSIONS: dict[str, Callable[[Conversation], set[str | None]]] = {
    "conversationId": lambda call: {call.id},
    "userId": lambda call: {leg.user_id for leg in call.participants},
    "queueId": lambda call: {leg.queue_id for leg in call.participants},
    "purpose": lambda call: {leg.purpose.value for leg in call.participants},
    "mediaType": lambda call: {"voice"},
    "wrapUpCode": lambda call: {leg.wrapup.code for leg in call.participants if leg.wrapup},
    "originatingDirection": lambda call: {"inbound"},
}


def routes() -> list[BaseRoute]:
    """Agent status; conversation details by query and by id."""
    return [
        Route("/api/v2/analytics/agents/{user_id}/status", status),
        Route("/api/v2/analytics/conversations/details/query", query, methods=["POST"]),
        Route("/api/v2/analytics/conversations/{conversation_id}/details", one),
    ]


async def status(request: Request) -> Response:
    """Presence, routing status and calls of an agent."""
    authenticated(request)
    platform = cloud_of(request).platform
    user_id = platform.known(request.path_params["user_id"])
    routing = platform.routing
    return JSONResponse(agent_status(routing.agents[user_id], platform.presence.of(user_id), routing.legs(user_id)))


async def one(request: Request) -> Response:
    """One conversation."""
    authenticated(request)
    found = cloud_of(request).platform.routing.conversation(request.path_params["conversation_id"])
    return JSONResponse(details(found, endpoint_stats(cloud_of(request), found)))


async def query(request: Request) -> Response:
    """The conversations of an interval that match all filters, paged (25, at most 100)."""
    authenticated(request)
    body = await json_object(request)
    begin_ms, end_ms = _interval(required(body, "interval", str))
    wanted = [*(optional(body, "conversationFilters", list) or []), *(optional(body, "segmentFilters", list) or [])]
    matchers = [_matcher(each) for each in wanted]
    found = [
        call
        for call in cloud_of(request).platform.routing.conversations.values()
        if call.start_ms < end_ms
        and (call.end_ms is None or call.end_ms >= begin_ms)
        and all(matches(call) for matches in matchers)
    ]
    found.sort(key=lambda call: call.start_ms, reverse=body.get("order") == "desc")
    paging = optional(body, "paging", dict) or {}
    size, number = optional(paging, "pageSize", int) or 25, optional(paging, "pageNumber", int) or 1
    if not 0 < size <= MAX_PAGE or number < 1:
        raise ApiError(400, "bad.request", f"pageSize must be 1 to {MAX_PAGE} and pageNumber at least 1.")
    cloud = cloud_of(request)
    shown = [details(call, endpoint_stats(cloud, call)) for call in found[(number - 1) * size : number * size]]
    return JSONResponse({"conversations": shown, "totalHits": len(found)})


def _interval(given: str) -> tuple[int, int]:
    try:
        begin, end = (round(datetime.fromisoformat(part).timestamp() * 1000) for part in given.split("/"))
    except ValueError:
        raise ApiError(400, "bad.request", f"Interval {given!r} must be two dates joined by a slash.") from None
    return begin, end


def _matcher(wanted: Any) -> Matcher:
    if not isinstance(wanted, dict):
        raise ApiError(400, "bad.request", "Each filter must be a JSON object.")
    parts = [_predicate(each) for each in optional(wanted, "predicates", list) or []]
    parts += [_matcher(each) for each in optional(wanted, "clauses", list) or []]
    if wanted.get("type") == "or":
        return lambda call: any(part(call) for part in parts)
    return lambda call: all(part(call) for part in parts)


def _predicate(wanted: Any) -> Matcher:
    values_of = DIMENSIONS.get(str(wanted.get("dimension"))) if isinstance(wanted, dict) else None
    if values_of is None:
        raise ApiError(400, "bad.request", f"A predicate needs a dimension of {sorted(DIMENSIONS)}.")
    operator, value = wanted.get("operator", "matches"), str(wanted.get("value"))
    if operator == "exists":
        return lambda call: bool(values_of(call) - {None})
    if operator == "notExists":
        return lambda call: not values_of(call) - {None}
    if operator != "matches":
        raise ApiError(400, "bad.request", f"Operator {operator} is none of matches, exists, notExists.")
    return lambda call: value in values_of(call)
