"""Agents log in again."""

from typing import Any

from chaoslib.types import Configuration

from actions._crowd import desktops, do_at
from harness.breaking.aim import agent_ids
from harness.errors import Unreachable
from harness.runtime import WORLD_KEY, run_of

__all__ = ["log_in_desktops"]

LOGGED_OUT = "logged_out"


def log_in_desktops(agents: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """Let those of `agents` who are logged out log in at their desktops; `{"logged_in": [ids]}`."""
    if not (configuration or {}).get(WORLD_KEY):
        return {"logged_in": []}
    run = run_of(configuration)
    shown = desktops(run.world)
    out = [agent for agent in agent_ids(run.world, agents) if (shown.get(agent) or {}).get("banner") == LOGGED_OUT]
    for agent in out:
        if problem := do_at(run.world, agent, "login"):
            raise Unreachable("the log-in", f"the desktop of {agent}", problem)
    return {"logged_in": out}
