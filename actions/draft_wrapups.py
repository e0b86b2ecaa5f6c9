"""Agents write notes while they wrap up."""

from typing import Any

from chaoslib.types import Configuration

from actions._crowd import desktops, do_at
from harness.breaking.aim import agent_ids
from harness.breaking.limits import line, number
from harness.errors import Unreachable
from harness.runtime import run_of
from harness.waiting import Waited, until

__all__ = ["draft_wrapups"]

LOOK_EVERY_S = 0.2


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

    before: list[str] = []

    def asking_all() -> list[str]:
        """Those who ask, once nobody has joined them since the last look."""
        nonlocal before
        shown = desktops(run.world)
        found = [agent for agent in chosen if ((shown.get(agent) or {}).get("wrapup") or {}).get("state") == "draft"]
        settled, before = found == before, found
        return found if settled else []

    try:
        asking = until(asking_all, "desktops that ask for a wrap-up", run.scaled(within_s), every_s=LOOK_EVERY_S)
    except Waited as late:
        raise Unreachable("wrap-up", str(run.world.crowd_url), str(late)) from None
    for agent in asking:
        if problem := do_at(run.world, agent, "wrapup", {"notes": notes, "submit": False}):
            raise Unreachable("wrap-up", f"the desktop of {agent}", problem)
    shown = desktops(run.world)
    return {"agents": {agent: shown[agent].get("wrapup") for agent in asking}}
