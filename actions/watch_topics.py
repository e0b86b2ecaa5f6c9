"""Desktops want to hear of more topics."""

from typing import Any

from chaoslib.types import Configuration

from actions._crowd import do_at
from harness.breaking.aim import agent_ids
from harness.errors import BadInput, Unreachable
from harness.runtime import run_of

__all__ = ["watch_topics"]


def watch_topics(topics: str, agents: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """Let the desktops of `agents` watch `topics` (commas between them) besides those of their own.

    `{id}` in a topic stands for the agent's own id. Whether they may is up to the cloud. `{"topics": {id: [topics]}}`.
    """
    wanted = [topic.strip() for topic in topics.split(",")] if isinstance(topics, str) else []
    if not wanted or not all(wanted):
        raise BadInput("topics", "topics with commas between them", topics)
    run = run_of(configuration)
    watched = {}
    for agent in agent_ids(run.world, agents):
        watched[agent] = [topic.replace("{id}", agent) for topic in wanted]
        if problem := do_at(run.world, agent, "topics", {"topics": watched[agent]}):
            raise Unreachable("the topics", f"the desktop of {agent}", problem)
    return {"topics": watched}
