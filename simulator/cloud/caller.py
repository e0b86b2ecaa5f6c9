"""Who calls, and the errors that a caller is answered with."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    """The owner of an access token; `user_id` is None for client credentials."""

    token_id: str
    client_id: str
    user_id: str | None


@dataclass(eq=False)  # not frozen: whoever catches an exception may set its traceback, and Starlette does
class ApiError(Exception):
    """Answered as a Genesys `ErrorBody` with a `contextId`; raise it from any handler."""

    status: int
    code: str
    message: str
    params: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
