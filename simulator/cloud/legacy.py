"""The simplified endpoints of older tools, below /legacy, translated to the real ones: same state, same tokens.

`http://host/legacy` is the base URL of such a tool; the official clients never meet these paths.
"""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from simulator.cloud.caller import ApiError
from simulator.cloud.exchange import cloud_of, json_object, whole_number
from simulator.cloud.oauth import answer_grant

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

OCCUPIED = ("INTERACTING", "COMMUNICATING")


def routes(cloud: "Cloud") -> list[BaseRoute]:
    """All of the dialect."""
    user = "/api/v2/users/{user_id}"
    return [
        Mount(
            "/legacy",
            routes=[
                Route("/api/v2/oauth/token", token, methods=["POST"]),
                Route(user, user_status, methods=["GET"]),
                Route(f"{user}/presence", presence, methods=["GET"]),
                Route(f"{user}/status", change_status, methods=["POST"]),
                Route("/api/v2/conversations/{conversation_id}/participants", participants, methods=["GET"]),
            ],
        )
    ]


async def token(request: Request) -> Response:
    """`POST /api/v2/oauth/token`: a form or a JSON object with the same keys, client id and secret included.

    Simple tools ask with `grant_type=password` and nothing else; they are given the test client's token.
    """
    if "json" in request.headers.get("content-type", ""):
        form = {key: str(value) for key, value in (await json_object(request)).items()}
    else:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    if form == {"grant_type": "password"} and "authorization" not in request.headers:
        settings = cloud_of(request).settings
        own = {"client_id": settings.client_id, "client_secret": settings.client_secret}
        form = {"grant_type": "client_credentials", **own}
    return answer_grant(request, form)


async def user_status(request: Request) -> Response:
    """`{id, name, statusId, statusName, isOccupied}`; occupied is who interacts or communicates by routing status."""
    user = await _real(request, "GET", f"/api/v2/users/{request.path_params['user_id']}?expand=presence,routingStatus")
    definition = user["presence"]["presenceDefinition"]
    return JSONResponse(
        {
            "id": user["id"],
            "name": user.get("name"),
            "statusId": definition["id"],
            "statusName": definition["systemPresence"],
            "isOccupied": user["routingStatus"]["status"] in OCCUPIED,
        }
    )


async def presence(request: Request) -> Response:
    """The user's presence, as the real resource answers it."""
    return JSONResponse(await _real(request, "GET", _presence_path(request)))


async def change_status(request: Request) -> Response:
    """`{"statusId": "<definition id>"}` or `{"statusName": "On Queue"}`: change the presence."""
    given = await json_object(request)
    status_id = given.get("statusId") or await _definition_of(request, given.get("statusName"))
    body = {"presenceDefinition": {"id": status_id}}
    if "message" in given:
        body["message"] = given["message"]
    return JSONResponse(await _real(request, "PATCH", _presence_path(request), body))


async def participants(request: Request) -> Response:
    """The participants of a conversation, paged by `page` (from 1) and `page_size` (25)."""
    conversation = await _real(request, "GET", f"/api/v2/conversations/{request.path_params['conversation_id']}")
    found, size, number = conversation["participants"], whole_number(request, "page_size", 25), 0
    number = whole_number(request, "page", 1)
    return JSONResponse(
        {
            "entities": found[(number - 1) * size : number * size],
            "page": number,
            "page_size": size,
            "total": len(found),
            "page_count": -(-len(found) // size),
        }
    )


def _presence_path(request: Request) -> str:
    return f"/api/v2/users/{request.path_params['user_id']}/presences/PURECLOUD"


async def _definition_of(request: Request, name: Any) -> str:
    listed = await _real(request, "GET", "/api/v2/presencedefinitions?pageSize=100")
    for definition in listed["entities"]:
        if isinstance(name, str) and _plain(definition["systemPresence"]) == _plain(name):
            return str(definition["id"])
    raise ApiError(400, "bad.request", f"statusName: expected the name of a presence, found {name!r}.")


def _plain(name: str) -> str:
    return name.replace(" ", "").replace("_", "").lower()


async def _real(request: Request, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """Ask the real resource with the caller's own token; its refusal is ours."""
    import httpx  # only who speaks the dialect pays for it

    headers = {"authorization": request.headers.get("authorization", "")}
    transport = httpx.ASGITransport(app=request.scope["app"])
    async with httpx.AsyncClient(transport=transport, base_url="http://cloud") as client:
        answer = await client.request(method, path, json=body, headers=headers)
    found = json.loads(answer.content) if answer.content else {}
    if answer.is_error:
        retry = {name: answer.headers[name] for name in ("retry-after",) if name in answer.headers}
        raise ApiError(answer.status_code, found.get("code", ""), found.get("message", ""), headers=retry)
    return found
