"""Who may act for whom, and what a body must hold."""

from typing import Any

from starlette.requests import Request

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.exchange import authenticated, cloud_of

CLIENT = "client"


def by(caller: Caller) -> str:
    """The caller as evidence names it: a user id, or `client` for client credentials."""
    return caller.user_id or CLIENT


def check_owner(caller: Caller, user_id: str | None) -> None:
    """Raise `ApiError` 403 where a user acts for another; client credentials have all permissions."""
    if caller.user_id is not None and caller.user_id != user_id:
        raise ApiError(403, "missing.permissions", "Unable to perform the requested action on another user.")


def owned(request: Request) -> str:
    """The known user of the path, whom the caller may act for; raises `ApiError` 401, 403 or 404."""
    caller = authenticated(request)
    user_id = cloud_of(request).platform.known(request.path_params["user_id"])
    check_owner(caller, user_id)
    return user_id


def optional(body: dict[str, Any], key: str, kind: type) -> Any:
    """`body[key]` where it is there and no null, else None; raises `ApiError` 400 where it is no `kind`."""
    found = body.get(key)
    if found is None or (isinstance(found, kind) and not (kind is int and isinstance(found, bool))):
        return found
    raise ApiError(400, "bad.request", f"{key} must be of type {kind.__name__}.")


def optional_seconds(body: dict[str, Any], key: str) -> float | None:
    """The number of at least 0 at `body[key]` where it is there, else None; raises `ApiError` 400 for anything else."""
    found = body.get(key)
    if found is None:
        return None
    if not isinstance(found, int | float) or isinstance(found, bool) or found < 0:
        raise ApiError(400, "bad.request", f"{key}: expected a number of at least 0, found {found!r}")
    return float(found)


def required(body: dict[str, Any], key: str, kind: type) -> Any:
    """The same where it must be there."""
    found = optional(body, key, kind)
    if found is None:
        raise ApiError(400, "bad.request", f"{key} is required.")
    return found


def texts(body: dict[str, Any], key: str) -> dict[str, str]:
    """The map of texts `body[key]`, empty where it is not there; raises `ApiError` 400 for anything else."""
    found = optional(body, key, dict) or {}
    if not all(isinstance(value, str) for value in found.values()):
        raise ApiError(400, "bad.request", f"The values of {key} must be strings.")
    return dict(found)
