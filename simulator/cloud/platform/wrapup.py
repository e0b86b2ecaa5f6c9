"""What an agent sends as wrap-up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.guards import optional
from simulator.cloud.platform.model import Wrapup


def wrapup_input(body: dict[str, Any], codes: Mapping[str, str]) -> Wrapup:
    """Read a `WrapupInput`; only a provisional one may be without a code. Raises `ApiError` 400."""
    provisional = optional(body, "provisional", bool) or False
    code = optional(body, "code", str) or ""
    if code not in codes and not (provisional and not code):
        raise ApiError(400, "bad.request", f"Wrap-up code {code!r} is not known to this queue.", {"code": code})
    tags = optional(body, "tags", list) or []
    return Wrapup(
        code,
        optional(body, "name", str) or codes.get(code, ""),
        optional(body, "notes", str) or "",
        tuple(str(tag) for tag in tags),
        optional(body, "durationSeconds", int),
        _epoch_ms(optional(body, "endTime", str)),
        provisional,
    )


def _epoch_ms(given: str | None) -> int | None:
    if given is None:
        return None
    try:
        return round(datetime.fromisoformat(given).timestamp() * 1000)
    except ValueError:
        raise ApiError(400, "bad.request", "endTime must be a date.") from None
