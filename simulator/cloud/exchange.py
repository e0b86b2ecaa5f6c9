"""What every handler needs of a request and for its answer."""

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.limits import RateLimited, too_many
from simulator.cloud.scopes import check_scope

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

MISSING_TOKEN = ApiError(
    401, "authentication.required", "No authentication bearer token specified in authorization header."
)
BAD_TOKEN = ApiError(401, "bad.credentials", "Invalid login credentials.")


def cloud_of(request: Request) -> "Cloud":
    """The cloud that answers `request`."""
    return cast("Cloud", request.app.state.cloud)


def authenticated(request: Request) -> Caller:
    """The owner of the request's bearer token; raises `ApiError` 401, and 429 or 403 where limits or scopes are on."""
    known: Caller | None = getattr(request.state, "caller", None)
    if known is not None:
        return known
    word, _, token = request.headers.get("authorization", "").partition(" ")
    if word.lower() != "bearer" or not token:
        raise MISSING_TOKEN
    cloud = cloud_of(request)
    caller = cloud.tokens.caller(token.strip())
    if caller is None:
        raise BAD_TOKEN
    request.state.caller = caller
    request.state.allowance = cloud.limits.take(caller, cloud.now())
    if cloud.settings.rate_limits and request.state.allowance.spent:
        raise too_many(request.state.allowance)
    if cloud.settings.switches.enforce_scopes and caller.user_id is not None:
        check_scope(cloud.tokens.grant_of(caller).scopes, request.method, request.url.path)
    return caller


def user_of(request: Request) -> str:
    """The user who calls; raises `ApiError` 400 for client credentials, which have no user."""
    caller = authenticated(request)
    if caller.user_id is None:
        raise ApiError(400, "not.valid.for.client.credentials", "This resource needs a user context.")
    return caller.user_id


async def json_body(request: Request) -> Any:
    """The JSON body; None where there is none or it is the literal `null` that the official SDK sends for no body."""
    body = await request.body()
    if not body.strip():
        return None
    try:
        return json.loads(body)
    except ValueError:
        raise ApiError(400, "bad.request", "The request could not be understood by the server.") from None


async def json_object(request: Request) -> dict[str, Any]:
    """The JSON body as an object, empty where there is none; raises `ApiError` 400 for anything else."""
    body = await json_body(request)
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise ApiError(400, "bad.request", "The request body must be a JSON object.")
    return body


async def json_list(request: Request) -> list[Any]:
    """The JSON body as a list, empty where there is none; raises `ApiError` 400 for anything else."""
    body = await json_body(request)
    if body is None:
        return []
    if not isinstance(body, list):
        raise ApiError(400, "bad.request", "The request body must be a JSON list.")
    return body


def names(request: Request, parameter: str) -> list[str]:
    """A list parameter, given comma-joined, repeated, or both."""
    return [name for value in request.query_params.getlist(parameter) for name in value.split(",") if name]


def whole_number(request: Request, parameter: str, default: int) -> int:
    """A positive whole number of the query; raises `ApiError` 400."""
    given = request.query_params.get(parameter, str(default))
    if not given.isdecimal() or int(given) < 1:
        raise ApiError(400, "bad.request", f"{parameter} must be a positive whole number.", {parameter: given})
    return int(given)


def page(request: Request, entities: Sequence[Any], max_size: int = 500) -> dict[str, Any]:
    """One page of `entities` in the listing envelope, by the query's `pageSize` (25) and `pageNumber` (from 1)."""
    size = whole_number(request, "pageSize", 25)
    number = whole_number(request, "pageNumber", 1)
    if size > max_size:
        raise ApiError(400, "bad.request", f"pageSize must be at most {max_size}.", {"pageSize": str(size)})
    count = -(-len(entities) // size)

    def uri(page_number: int) -> str:
        query = {**request.query_params, "pageSize": size, "pageNumber": page_number}
        return f"{request.url.path}?{urlencode(query)}"

    envelope: dict[str, Any] = {
        "entities": list(entities[(number - 1) * size : number * size]),
        "pageSize": size,
        "pageNumber": number,
        "total": len(entities),
        "pageCount": count,
        "firstUri": uri(1),
        "lastUri": uri(max(count, 1)),
        "selfUri": uri(number),
    }
    if number < count:
        envelope["nextUri"] = uri(number + 1)
    if number > 1:
        envelope["previousUri"] = uri(number - 1)
    return envelope


def correlation_id(request: Request) -> str:
    """The id of this exchange: `ININ-Correlation-Id` of the answer and `contextId` of an error."""
    found = request.scope.setdefault("correlation_id", str(uuid.uuid4()))
    return str(found)


def error_body(error: ApiError, context_id: str) -> dict[str, Any]:
    """Genesys' `ErrorBody`."""
    body: dict[str, Any] = {
        "message": error.message,
        "code": error.code,
        "status": error.status,
        "messageParams": dict(error.params),
        "contextId": context_id,
        "details": [],
        "errors": [],
    }
    if isinstance(error, RateLimited):
        body["limit"] = error.limit
    return body


def error_answer(request: Request, error: ApiError) -> Response:
    """`error` as the answer to `request`."""
    headers: Mapping[str, str] = error.headers
    return JSONResponse(error_body(error, correlation_id(request)), status_code=error.status, headers=headers)
