"""Agents write notes while they wrap up."""

from typing import Any

from chaoslib.types import Configuration

from actions._crowd import asking_for_wrapup, desktops, do_at
from harness.breaking.aim import agent_ids
from harness.breaking.limits import line, number
from harness.errors import Unreachable
from harness.runtime import run_of

__all__ = ["draft_wrapups"]


def draft_wrapups(
    notes: str = "customer asked for a call back",
    within_s: float = 30,
    agents: str = "",
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let every agent of `agents` whose desktop asks for a wrap-up write `notes`, without submitting it.

    Waits up to `within_s` until desktops ask, and no more of them than just before.
    `{"agents": {id: what its desktop shows}}`.
    """
    line("notes", notes, longest=1000)
    number("within_s", within_s, 0, 3600)
    run = run_of(configuration)
    chosen = agent_ids(run.world, agents)
    asking = asking_for_wrapup(run, chosen, within_s)
    if not asking:
        raise Unreachable("wrap-up", str(run.world.crowd_url), f"no desktop asked for one within {within_s:g} s")
    for agent in asking:
        if problem := do_at(run.world, agent, "wrapup", {"notes": notes, "submit": False}):
            raise Unreachable("wrap-up", f"the desktop of {agent}", problem)
    shown = desktops(run.world)
    return {"agents": {agent: shown[agent].get("wrapup") for agent in asking}}
