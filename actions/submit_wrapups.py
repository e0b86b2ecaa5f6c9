"""Agents finish their wrap-up."""

from typing import Any

from chaoslib.types import Configuration

from actions._crowd import asking_for_wrapup, desktops, do_at
from harness.breaking.aim import agent_ids
from harness.breaking.limits import line, number
from harness.observing.api import Api, segment
from harness.runtime import WORLD_KEY, Run, run_of

__all__ = ["submit_wrapups"]


def submit_wrapups(
    code: str = "", agents: str = "", within_s: float = 0, configuration: Configuration = None
) -> dict[str, Any]:
    """Let every agent of `agents` with an open wrap-up submit it with the wrap-up code of that name or id.

    Without `code` it is the first of the chaos queue. Waits up to `within_s` real-world seconds until desktops ask, and
    no more of them than just before. `{"submitted": [ids], "refused": {id: why}}`; nothing to do if no desktop asks.
    """
    line("code", code)
    number("within_s", within_s, 0, 3600)
    if not (configuration or {}).get(WORLD_KEY):
        return {"submitted": [], "refused": {}}
    run = run_of(configuration)
    chosen = agent_ids(run.world, agents)
    asking = asking_for_wrapup(run, chosen, within_s)
    if not asking:
        return {"submitted": [], "refused": {}}
    shown = desktops(run.world)
    chosen_code = _code(run, code)
    answers = {}
    for agent in asking:
        notes = shown[agent]["wrapup"].get("notes") or ""
        answers[agent] = do_at(run.world, agent, "wrapup", {"notes": notes, "code": chosen_code, "submit": True})
    refused = {agent: problem for agent, problem in answers.items() if problem}
    return {"submitted": [agent for agent in asking if agent not in refused], "refused": refused}


def _code(run: Run, code: str) -> str:
    path = f"/api/v2/routing/queues/{segment(run.world.queue_id)}/wrapupcodes"
    with Api(run.world) as api:
        known = {str(found["name"]): str(found["id"]) for found in api.pages(path)}
    return known.get(code, code) if code else next(iter(known.values()))
