"""Users and `me`."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.exchange import authenticated, cloud_of, names, page, user_of
from simulator.cloud.platform import user_shapes
from simulator.cloud.platform.presence import definitions
from simulator.cloud.platform.stations import user_stations

if TYPE_CHECKING:
    from simulator.cloud.platform.platform import Platform


def routes() -> list[BaseRoute]:
    """`/users`, `/users/me`, `/users/{id}`."""
    return [
        Route("/api/v2/users", users),
        Route("/api/v2/users/me", me),
        Route("/api/v2/users/{user_id}", user),
    ]


async def users(request: Request) -> Response:
    """All users, or those of `id`, paged."""
    authenticated(request)
    platform = cloud_of(request).platform
    wanted = names(request, "id")
    found = [agent for agent in platform.routing.agents.values() if not wanted or agent.id in wanted]
    return JSONResponse(page(request, [expanded_user(platform, agent.id, names(request, "expand")) for agent in found]))


async def user(request: Request) -> Response:
    """One user."""
    authenticated(request)
    platform = cloud_of(request).platform
    user_id = platform.known(request.path_params["user_id"])
    return JSONResponse(expanded_user(platform, user_id, names(request, "expand")))


async def me(request: Request) -> Response:
    """The user who calls; 400 for client credentials."""
    platform = cloud_of(request).platform
    user_id = platform.known(user_of(request))
    wanted = names(request, "expand")
    found = expanded_user(platform, user_id, wanted)
    organization = {"id": platform.cloud.organization_id, "name": "Deskstorm"}
    more: dict[str, Any] = {
        "organization": organization,
        "presencedefinitions": definitions(),
        "presenceDefinitions": definitions(),
        "authorization": {"roles": [], "permissions": [], "permissionPolicies": []},
        "token": {"organization": organization, "homeOrganization": organization},
    }
    found |= {name: value for name, value in more.items() if name in wanted}
    if "presencedefinitions" in found:
        found["presenceDefinitions"] = found.pop("presencedefinitions")
    return JSONResponse(found)


def expanded_user(platform: "Platform", user_id: str, expand: list[str]) -> dict[str, Any]:
    """`User` with what `expand` asks for; unknown wishes are ignored, as in the real one."""
    agent = platform.routing.agents[user_id]
    known: dict[str, Callable[[], dict[str, Any]]] = {
        "presence": lambda: user_shapes.user_presence(user_id, platform.presence.of(user_id)),
        "routingStatus": lambda: user_shapes.routing_status(agent),
        "conversationSummary": lambda: user_shapes.conversation_summary(user_id, platform.routing.legs(user_id)),
        "station": lambda: user_stations(platform, user_id),
        "outOfOffice": lambda: {"user": {"id": user_id}, "active": False, "indefinite": False},
        "geolocation": lambda: {"id": user_id, "type": "unknown"},
    }
    return user_shapes.user(agent) | {name: known[name]() for name in expand if name in known}
