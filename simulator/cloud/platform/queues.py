"""Routing status, queues, their members, and wrap-up codes."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.caller import ApiError
from simulator.cloud.exchange import authenticated, cloud_of, json_list, json_object, names, page
from simulator.cloud.platform import user_shapes
from simulator.cloud.platform.guards import check_owner, optional, optional_seconds, owned, required
from simulator.cloud.platform.model import AgentRouting, Queue, RoutingStatus
from simulator.cloud.platform.presences import presence_named
from simulator.cloud.platform.users import expanded_user

if TYPE_CHECKING:
    from simulator.cloud.platform.platform import Platform

QUEUE = "/api/v2/routing/queues/{queue_id}"
MAX_MEMBERS = 100


def routes() -> list[BaseRoute]:
    """Routing status, queues, members, wrap-up codes."""
    return [
        Route("/api/v2/users/{user_id}/routingstatus", routing_status),
        Route("/api/v2/users/{user_id}/routingstatus", set_routing_status, methods=["PUT"]),
        Route("/api/v2/users/{user_id}/queues", user_queues),
        Route("/api/v2/users/{user_id}/queues", set_user_queues, methods=["PATCH"]),
        Route("/api/v2/users/{user_id}/queues/{queue_id}", set_user_queue, methods=["PATCH"]),
        Route("/api/v2/routing/queues", queues),
        Route("/api/v2/routing/queues", create_queue, methods=["POST"]),
        Route(QUEUE, queue),
        Route(QUEUE, set_queue, methods=["PUT"]),
        Route(f"{QUEUE}/members", members),
        Route(f"{QUEUE}/members", set_members, methods=["PATCH"]),
        Route(f"{QUEUE}/members", change_members, methods=["POST"]),
        Route(f"{QUEUE}/members/{{user_id}}", set_member, methods=["PATCH"]),
        Route(f"{QUEUE}/wrapupcodes", queue_wrapup_codes),
        Route("/api/v2/routing/wrapupcodes", wrapup_codes),
    ]


async def routing_status(request: Request) -> Response:
    """A user's routing status; OFF_QUEUE for an unknown user, as in the real one."""
    authenticated(request)
    user_id = request.path_params["user_id"]
    agent = cloud_of(request).platform.routing.agents.get(user_id)
    if agent is None:
        return JSONResponse({"userId": user_id, "status": RoutingStatus.OFF_QUEUE.value})
    return JSONResponse(user_shapes.routing_status(agent))


async def set_routing_status(request: Request) -> Response:
    """Only IDLE can be ordered: the way out of NOT_RESPONDING; 409 for a user who is off queue."""
    user_id = owned(request)
    wanted = required(await json_object(request), "status", str)
    if wanted.upper() != RoutingStatus.IDLE.value:
        raise ApiError(400, "bad.request", f"Routing status {wanted} cannot be set.")
    platform = cloud_of(request).platform
    platform.apply(platform.routing.make_idle(platform.clock.now_ms(), user_id))
    return JSONResponse(user_shapes.routing_status(platform.routing.agents[user_id]))


async def queues(request: Request) -> Response:
    """All queues (of `id` or `name`), paged."""
    authenticated(request)
    platform = cloud_of(request).platform
    wanted, name = names(request, "id"), request.query_params.get("name", "").strip("*").lower()
    found = [q for q in platform.routing.queues.values() if (not wanted or q.id in wanted) and name in q.name.lower()]
    return JSONResponse(page(request, [queue_shape(q) for q in found]))


async def create_queue(request: Request) -> Response:
    """One more queue, of that `name` and without members; users may not."""
    check_owner(authenticated(request), None)
    platform = cloud_of(request).platform
    return JSONResponse(queue_shape(platform.create_queue(required(await json_object(request), "name", str))))


async def queue(request: Request) -> Response:
    """One queue."""
    authenticated(request)
    return JSONResponse(queue_shape(_queue(request)))


async def set_queue(request: Request) -> Response:
    """Change `acwSettings.timeoutMs` and `mediaSettings.call.alertingTimeoutSeconds`, both in the cloud's own time."""
    check_owner(authenticated(request), None)
    found, body = _queue(request), await json_object(request)
    wrapup_ms = optional(optional(body, "acwSettings", dict) or {}, "timeoutMs", int)
    call = optional(optional(body, "mediaSettings", dict) or {}, "call", dict) or {}
    alerting_s = optional_seconds(call, "alertingTimeoutSeconds")
    found.wrapup_timeout_ms = found.wrapup_timeout_ms if wrapup_ms is None else wrapup_ms
    found.alerting_timeout_ms = found.alerting_timeout_ms if alerting_s is None else round(alerting_s * 1000)
    return JSONResponse(queue_shape(found))


async def members(request: Request) -> Response:
    """The members, by `joined`, `routingStatus` and `presence` where given, expanded and paged (at most 100 a page)."""
    authenticated(request)
    platform, found = cloud_of(request).platform, _queue(request)
    agents = [platform.routing.agents[id] for id in found.members]
    listed = page(request, [agent for agent in agents if _asked_for(request, platform, found, agent)], MAX_MEMBERS)
    expand = names(request, "expand")
    listed["entities"] = [
        user_shapes.queue_member(found, agent, expanded_user(platform, agent.id, expand))
        for agent in listed["entities"]
    ]
    return JSONResponse(listed)


async def set_members(request: Request) -> Response:
    """Join or leave for several members; the answer shows them as they are now, the change comes later."""
    caller, found = authenticated(request), _queue(request)
    wanted = [
        (str(required(_object(one), "id", str)), bool(required(one, "joined", bool))) for one in await _list(request)
    ]
    for user_id, _ in wanted:
        check_owner(caller, _member(found, user_id))
    platform = cloud_of(request).platform
    for user_id, joined in wanted:
        _join(platform, found.id, user_id, joined)
    agents = [platform.routing.agents[user_id] for user_id, _ in wanted]
    return JSONResponse(page(request, [user_shapes.queue_member(found, agent, {}) for agent in agents]), 202)


async def set_member(request: Request) -> Response:
    """Join or leave for one member; done a little later."""
    caller, found = authenticated(request), _queue(request)
    user_id = _member(found, request.path_params["user_id"])
    check_owner(caller, user_id)
    _join(cloud_of(request).platform, found.id, user_id, required(await json_object(request), "joined", bool))
    return Response(status_code=202)


async def change_members(request: Request) -> Response:
    """Add members, joined, or with `delete=true` remove them."""
    check_owner(authenticated(request), None)
    platform, found = cloud_of(request).platform, _queue(request)
    wanted = [platform.known(str(required(_object(one), "id", str))) for one in await _list(request)]
    member = request.query_params.get("delete", "false").lower() != "true"
    for user_id in wanted:
        platform.apply(platform.routing.set_member(platform.clock.now_ms(), found.id, user_id, member))
    return Response(status_code=204)


async def user_queues(request: Request) -> Response:
    """The queues that a user is member of, by `joined` where given."""
    authenticated(request)
    platform = cloud_of(request).platform
    user_id = platform.known(request.path_params["user_id"])
    wanted = request.query_params.get("joined")
    found = [q for q in platform.routing.queues.values() if user_id in q.members]
    shown = [
        _user_queue(q, user_id) for q in found if wanted is None or q.members[user_id] == (wanted.lower() == "true")
    ]
    return JSONResponse(page(request, shown))


async def set_user_queues(request: Request) -> Response:
    """Join or leave several queues; the answer shows them as they are now."""
    user_id, platform = owned(request), cloud_of(request).platform
    wanted = [
        (str(required(_object(one), "id", str)), bool(required(one, "joined", bool))) for one in await _list(request)
    ]
    for queue_id, _ in wanted:
        _member(platform.routing.queue(queue_id), user_id)
    for queue_id, joined in wanted:
        _join(platform, queue_id, user_id, joined)
    shown = [_user_queue(platform.routing.queues[queue_id], user_id) for queue_id, _ in wanted]
    return JSONResponse(page(request, shown))


async def set_user_queue(request: Request) -> Response:
    """Join or leave one queue; the answer shows it as it is now."""
    user_id, found = owned(request), _queue(request)
    joined = required(await json_object(request), "joined", bool)
    _join(cloud_of(request).platform, found.id, _member(found, user_id), joined)
    return JSONResponse(_user_queue(found, user_id))


async def wrapup_codes(request: Request) -> Response:
    """All wrap-up codes, paged."""
    authenticated(request)
    codes = cloud_of(request).platform.wrapup_codes
    return JSONResponse(page(request, [wrapup_code(id, name) for id, name in codes.items()]))


async def queue_wrapup_codes(request: Request) -> Response:
    """Those of one queue, which are all."""
    _queue(request)
    return await wrapup_codes(request)


def wrapup_code(id: str, name: str) -> dict[str, Any]:
    """`WrapupCode`."""
    return {
        "id": id,
        "name": name,
        "division": user_shapes.HOME_DIVISION,
        "description": name,
        "selfUri": f"/api/v2/routing/wrapupcodes/{id}",
    }


def queue_shape(found: Queue) -> dict[str, Any]:
    """`Queue`."""
    return {
        "id": found.id,
        "name": found.name,
        "division": user_shapes.HOME_DIVISION,
        "memberCount": len(found.members),
        "userMemberCount": len(found.members),
        "joinedMemberCount": sum(found.members.values()),
        "mediaSettings": {"call": {"alertingTimeoutSeconds": found.alerting_timeout_ms / 1000}},
        "acwSettings": {"wrapupPrompt": "MANDATORY_TIMEOUT", "timeoutMs": found.wrapup_timeout_ms},
        "skillEvaluationMethod": "ALL",
        "selfUri": f"/api/v2/routing/queues/{found.id}",
    }


def _user_queue(found: Queue, user_id: str) -> dict[str, Any]:
    return {**queue_shape(found), "joined": found.members[user_id]}


def _asked_for(request: Request, platform: "Platform", found: Queue, agent: AgentRouting) -> bool:
    joined = request.query_params.get("joined")
    statuses = names(request, "routingStatus")
    presences = [presence_named(name) for name in names(request, "presence")]
    return (
        (joined is None or found.members[agent.id] == (joined.lower() == "true"))
        and (not statuses or agent.status.value in statuses)
        and (not presences or platform.presence.of(agent.id).presence in presences)
    )


def _queue(request: Request) -> Queue:
    return cloud_of(request).platform.routing.queue(request.path_params["queue_id"])


def _member(found: Queue, user_id: str) -> str:
    if user_id not in found.members:
        raise ApiError(404, "not.found", f"User {user_id} is not a member of queue {found.id}.")
    return user_id


def _join(platform: "Platform", queue_id: str, user_id: str, joined: bool) -> None:
    platform.apply(platform.routing.order_join(platform.clock.now_ms(), queue_id, user_id, joined))


def _object(one: Any) -> dict[str, Any]:
    if not isinstance(one, dict):
        raise ApiError(400, "bad.request", "Each entry must be a JSON object.")
    return one


async def _list(request: Request) -> list[Any]:
    found = await json_list(request)
    if not 0 < len(found) <= MAX_MEMBERS:
        raise ApiError(400, "bad.request", f"Between 1 and {MAX_MEMBERS} entries can be given.")
    return found
