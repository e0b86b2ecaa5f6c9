"""Agents log out."""

from typing import Any

from chaoslib.types import Configuration

from actions._crowd import desktops, do_at
from harness.breaking.aim import agent_ids
from harness.errors import Unreachable
from harness.runtime import run_of

__all__ = ["log_out_desktops"]


def log_out_desktops(agents: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """Let `agents` log out at their desktops; `{"banners": {id: what the desktop shows now}}`."""
    run = run_of(configuration)
    chosen = agent_ids(run.world, agents)
    for agent in chosen:
        if problem := do_at(run.world, agent, "logout"):
            raise Unreachable("the log-out", f"the desktop of {agent}", problem)
    shown = desktops(run.world)
    return {"banners": {agent: shown[agent]["banner"] for agent in chosen}}
