"""Presence definitions, the presence of users, and what is restored after a lost connection."""

from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.exchange import authenticated, cloud_of, json_list, json_object, names, page
from simulator.cloud.platform.guards import by, check_owner, optional, owned
from simulator.cloud.platform.platform import Platform
from simulator.cloud.platform.presence_core import RestoreSettings
from simulator.cloud.platform.presences import Presence, presence_with_id
from simulator.cloud.platform.user_shapes import user_presence

MAX_BULK = 50
ONE = "/api/v2/users/{user_id}/presences/{source_id}"


def routes() -> list[BaseRoute]:
    """Definitions, presences of users, bulk, settings."""
    return [
        Route("/api/v2/presence/definitions", new_definitions),
        Route("/api/v2/presencedefinitions", old_definitions),
        Route("/api/v2/presencedefinitions/{id}", old_definition),
        Route("/api/v2/systempresences", system_presences),
        Route("/api/v2/presence/settings", settings),
        Route("/api/v2/presence/settings", set_settings, methods=["PUT"]),
        Route("/api/v2/users/presences/purecloud/bulk", bulk),
        Route("/api/v2/users/presences/bulk", set_bulk, methods=["PUT"]),
        Route(ONE, presence),
        Route(ONE, set_presence, methods=["PATCH"]),
    ]


def definitions() -> list[dict[str, Any]]:
    """The definitions as the old resource shows them: spelt `On Queue`, without a type."""
    return [_definition(presence) for presence in Presence]


async def old_definitions(request: Request) -> Response:
    """`OrganizationPresence`, paged."""
    authenticated(request)
    return JSONResponse(page(request, definitions()))


async def old_definition(request: Request) -> Response:
    """One `OrganizationPresence`."""
    authenticated(request)
    for found in definitions():
        if found["id"] == request.path_params["id"]:
            return JSONResponse(found)
    raise ApiError(404, "not.found", "The presence definition was not found.")


async def new_definitions(request: Request) -> Response:
    """`OrganizationPresenceDefinition`, spelt `OnQueue`; this resource is not paged."""
    authenticated(request)
    found = [
        {
            "id": presence.id,
            "type": "System",
            "languageLabels": {"en_US": presence.label},
            "systemPresence": presence.compact,
            "divisionId": "*",
            "deactivated": False,
            "selfUri": f"/api/v2/presence/definitions/{presence.id}",
        }
        for presence in Presence
    ]
    return JSONResponse({"entities": found, "total": len(found), "selfUri": request.url.path})


async def system_presences(request: Request) -> Response:
    """The list of `SystemPresence`."""
    authenticated(request)
    return JSONResponse([{"id": p.id, "name": p.label, "selfUri": "/api/v2/systempresences"} for p in Presence])


async def presence(request: Request) -> Response:
    """One user's presence."""
    authenticated(request)
    _check_source(request)
    platform = cloud_of(request).platform
    user_id = platform.known(request.path_params["user_id"])
    return JSONResponse(user_presence(user_id, platform.presence.of(user_id)))


async def set_presence(request: Request) -> Response:
    """Set presence, message or both; 409 where the body carries an older `modifiedDate` than the server's."""
    user_id = owned(request)
    _check_source(request)
    platform = cloud_of(request).platform
    _set(platform, authenticated(request), user_id, await json_object(request))
    return JSONResponse(user_presence(user_id, platform.presence.of(user_id)))


async def bulk(request: Request) -> Response:
    """`UcUserPresence` of the known users among `id`, at most 50."""
    authenticated(request)
    platform = cloud_of(request).platform
    wanted = names(request, "id")
    _check_bulk(len(wanted))
    known = [id for id in wanted if id in platform.routing.agents]
    return JSONResponse([{**user_presence(id, platform.presence.of(id)), "userId": id} for id in known])


async def set_bulk(request: Request) -> Response:
    """Set the presence of several users, each `{"id": user, "presenceDefinition": {...}, "message": ...}`."""
    caller = authenticated(request)
    platform = cloud_of(request).platform
    wanted = await json_list(request)
    _check_bulk(len(wanted))
    for change in wanted:
        if not isinstance(change, dict):
            raise ApiError(400, "bad.request", "Each presence must be a JSON object.")
        check_owner(caller, platform.known(str(change.get("id"))))
        _wished(change)
    for change in wanted:
        _set(platform, caller, change["id"], change)
    return JSONResponse([user_presence(change["id"], platform.presence.of(change["id"])) for change in wanted])


async def settings(request: Request) -> Response:
    """`PresenceSettings`; `restoreTimeMilliseconds` is in the cloud's own (scaled) time."""
    authenticated(request)
    return JSONResponse(settings_shape(cloud_of(request).platform.presence.settings))


async def set_settings(request: Request) -> Response:
    """Change what is restored; users may not."""
    check_owner(authenticated(request), None)
    platform = cloud_of(request).platform
    given = optional(await json_object(request), "restorePresenceSettings", dict) or {}
    old = platform.presence.settings
    window_ms = optional(given, "restoreTimeMilliseconds", int)
    if window_ms is not None and window_ms < 0:
        raise ApiError(400, "bad.request", "restoreTimeMilliseconds must not be negative.")
    enabled = optional(given, "enabled", bool)
    on_queue = optional(given, "restoreOnQueueEnabled", bool)
    platform.set_restore(
        RestoreSettings(
            old.enabled if enabled is None else enabled,
            old.window_ms if window_ms is None else window_ms,
            old.restore_on_queue if on_queue is None else on_queue,
        )
    )
    return JSONResponse(settings_shape(platform.presence.settings))


def settings_shape(found: RestoreSettings) -> dict[str, Any]:
    """`PresenceSettings`."""
    return {
        "restorePresenceSettings": {
            "enabled": found.enabled,
            "restoreTimeMilliseconds": found.window_ms,
            "restoreOnQueueEnabled": found.restore_on_queue,
        },
        "requestingOffQueueEnabled": False,
        "selfUri": "/api/v2/presence/settings",
    }


def _definition(presence: Presence) -> dict[str, Any]:
    return {
        "id": presence.id,
        "name": presence.label,
        "languageLabels": {"en_US": presence.label},
        "systemPresence": presence.label,
        "deactivated": False,
        "primary": True,
        "selfUri": f"/api/v2/presencedefinitions/{presence.id}",
    }


def _set(platform: Platform, caller: Caller, user_id: str, body: dict[str, Any]) -> None:
    wished, message = _wished(body)
    _check_fresh(platform, user_id, optional(body, "modifiedDate", str))
    platform.change_presence(user_id, by(caller), wished, message)


def _wished(body: dict[str, Any]) -> tuple[Presence | None, str | None]:
    definition = optional(body, "presenceDefinition", dict)
    message = optional(body, "message", str)
    if definition is None and message is None and optional(body, "primary", bool) is None:
        raise ApiError(400, "bad.request", "One of presenceDefinition, message or primary is required.")
    return (None if definition is None else presence_with_id(definition.get("id"))), message


def _check_fresh(platform: Platform, user_id: str, seen: str | None) -> None:
    if seen is None:
        return
    try:
        seen_ms = round(datetime.fromisoformat(seen).timestamp() * 1000)
    except ValueError:
        raise ApiError(400, "bad.request", "modifiedDate must be a date.") from None
    if seen_ms < platform.presence.of(user_id).modified_ms:
        raise ApiError(409, "conflict", "The presence has been modified since.")


def _check_source(request: Request) -> None:
    source = request.path_params["source_id"]
    if source.upper() != "PURECLOUD":
        raise ApiError(404, "not.found", f"Presence source {source} was not found.")


def _check_bulk(count: int) -> None:
    if not 0 < count <= MAX_BULK:
        raise ApiError(400, "bad.request", f"Between 1 and {MAX_BULK} users can be given.")
