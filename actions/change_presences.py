"""Agents change their presence at their desktops."""

from typing import Any

from chaoslib.types import Configuration

from actions._crowd import do_at
from harness.breaking.aim import agent_ids
from harness.errors import BadInput, Unreachable
from harness.progress import Tail
from harness.runtime import Run, run_of
from harness.waiting import Waited, until

__all__ = ["change_presences"]

LOOK_EVERY_S = 0.01


def change_presences(
    presence: str = "Busy",
    moment: str = "now",
    within_s: float = 120,
    agents: str = "",
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let `agents` choose `presence` at their desktops: `now`, or at the `refresh`.

    At the `refresh` means: each agent at the moment in which its desktop asks for a new token, waiting up to `within_s`
    for all of them. `{"changed": [ids]}`; raises `Unreachable` if a desktop refuses or does not refresh in time.
    """
    if moment not in ("now", "refresh"):
        raise BadInput("moment", "now or refresh", moment)
    run = run_of(configuration)
    left = agent_ids(run.world, agents)
    changed: list[str] = []
    refreshing = Refreshing(run)

    def all_changed() -> bool:
        ready = refreshing.agents() if moment == "refresh" else set(left)
        for agent in [agent for agent in left if agent in ready]:
            if problem := do_at(run.world, agent, "presence", {"system": presence}):
                raise Unreachable("the change of presence", f"the desktop of {agent}", problem)
            left.remove(agent)
            changed.append(agent)
        return not left

    try:
        until(all_changed, "every desktop to refresh its token", run.scaled(within_s), every_s=LOOK_EVERY_S)
    except Waited:
        raise Unreachable("a token refresh", f"{len(left)} desktops", f"none within {within_s:g} s") from None
    return {"changed": changed}


class Refreshing:
    """Who waits for a new token right now, by the desktops' own evidence, read as it is written."""

    def __init__(self, run: Run) -> None:
        self._tail = Tail(run.world.evidence)
        self._last: dict[str, str] = {}

    def agents(self) -> set[str]:
        """The agents whose desktop waits."""
        for line in self._tail.fresh():
            if line["kind"] in ("token.refreshing", "token.refreshed", "token.failed"):
                self._last[str(line.get("agent"))] = str(line["kind"])
        return {agent for agent, kind in self._last.items() if kind == "token.refreshing"}
