"""Agents' presence, set at the server."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking import former
from harness.breaking.aim import agent_ids
from harness.breaking.presences import definition_id
from harness.errors import Unreachable
from harness.observing.api import Api
from harness.runtime import run_of

__all__ = ["set_presences"]


def set_presences(presence: str = "On Queue", agents: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """Set the presence of `agents` over the public API, as a supervisor would; `{"presence", "agents": [ids]}`."""
    definition = definition_id(presence)
    run = run_of(configuration)
    chosen = agent_ids(run.world, agents)
    with Api(run.world) as api:
        former.set_presences(api, dict.fromkeys(chosen, definition))
        found = former.presences(api, chosen)
    others = [agent for agent in chosen if found[agent] != definition]
    if others:
        raise Unreachable("the presence", run.world.api, f"another than {presence} for {', '.join(others)}")
    return {"presence": presence, "agents": chosen}
