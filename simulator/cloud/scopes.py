"""OAuth scopes by family; which operation needs which is not established, so holding callers to them is a switch."""

from collections.abc import Collection

from simulator.cloud.caller import ApiError

SCOPES = (
    "analytics analytics:readonly architect conversations conversations:readonly notifications oauth presence "
    "presence:readonly routing routing:readonly scripts stations user-basic-info users users:readonly"
).split()

FAMILIES = ("analytics", "conversations", "notifications", "oauth", "presence", "routing", "scripts", "stations")
RENAMED = {"presencedefinitions": "presence", "systempresences": "presence"}

BELOW_USERS = {"presences": "presence", "routingstatus": "routing", "queues": "routing"}


def family_of(path: str) -> str | None:
    """The scope family of a path below /api/v2; None where every token will do (`/api/v2/tokens/me`)."""
    parts = path.removeprefix("/api/v2/").split("/")
    first = RENAMED.get(parts[0], parts[0])
    if first == "users":
        return next((BELOW_USERS[part] for part in parts if part in BELOW_USERS), "users")
    return first if first in FAMILIES else None


def check_scope(scopes: Collection[str], method: str, path: str) -> None:
    """Raise `ApiError` 403 unless one of `scopes` allows `method` on `path`; no scopes at all means every scope."""
    family = family_of(path)
    if not scopes or family is None or family in scopes:
        return
    reading = method in ("GET", "HEAD")
    if reading and (f"{family}:readonly" in scopes or (path == "/api/v2/users/me" and "user-basic-info" in scopes)):
        return
    raise ApiError(403, "missing.scope", f"The token lacks the scope {family}.", {"scope": family})
