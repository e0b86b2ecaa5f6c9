"""Customers hang up."""

from typing import Any

from chaoslib.types import Configuration

from actions._calls import calls_named
from harness.observing.api import Api, ApiRefused, segment
from harness.runtime import WORLD_KEY, run_of

__all__ = ["end_calls"]


def end_calls(conversations: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """End these conversations (ids with commas between them; all that `place_calls` placed without any).

    `{"ended": [ids]}` names those that were still going on; nothing to do if there are none.
    """
    if not (configuration or {}).get(WORLD_KEY):
        return {"ended": []}
    run = run_of(configuration)
    wanted = calls_named(conversations, run)
    ended = []
    with Api(run.world) as api:
        for conversation in wanted:
            path = f"/api/v2/conversations/{segment(conversation)}"
            if api.get(path).get("endTime") is None:
                _disconnect(api, path)
                ended.append(conversation)
                run.evidence.write("call.ended", conversation=conversation)
    return {"ended": ended}


def _disconnect(api: Api, path: str) -> None:
    try:
        api.call("POST", f"{path}/disconnect")
    except ApiRefused as refusal:
        if refusal.status not in (404, 409):  # it ended by itself in the meantime
            raise
