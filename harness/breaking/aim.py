"""Whom an activity means: agents by id, by share, or all of them."""

import re
from random import Random

from harness.errors import BadInput
from harness.scope import TRACKER, Direction, Scope
from harness.world import World

SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def aim(world: World, agents: str = "", path: str = "*", topic: str = "*", direction: str = "both") -> Scope:
    """The scope of a fault; `agents` is "" for all, a share such as "50 %", or ids with commas between them. The id
    "tracker" means the tracker's calls to the cloud.

    The canary is always in it. `BadInput` if an agent is unknown, or if nobody would be touched.
    """
    if direction not in list(Direction):
        raise BadInput("direction", f"one of {', '.join(Direction)}", direction)
    for what, pattern in (("path", path), ("topic", topic)):
        if not isinstance(pattern, str) or not pattern:
            raise BadInput(what, "a non-empty pattern such as *", pattern)
    return Scope(_agents(world, agents), 1.0, path, topic, Direction(direction), always=(world.canary.id,))


def aim_at_events(world: World, agents: str = "", topic: str = "*") -> Scope:
    """The scope of a fault on events; `topic` must cover the canary's own presence, by which the fault is seen."""
    scope = aim(world, agents, topic=topic)
    own = f"v2.users.{world.canary.id}.presence"
    if not scope.covers_topic(own):
        raise BadInput("topic", f"a pattern that covers the canary's own presence, {own}", topic)
    return scope


def touched_agents(world: World, scope: Scope) -> list[str]:
    """The ids of the world's agents that `scope` touches, without the canary."""
    return [agent.id for agent in world.agents if scope.covers_agent(agent.id, world.seed)]


def agent_ids(world: World, agents: str = "") -> list[str]:
    """The ids that `agents` means, in the order of the world."""
    return touched_agents(world, aim(world, agents))


def _some(world: World, share: float) -> tuple[str, ...]:
    """That share of the agents, rounded, chosen by the world's seed; the same seed chooses the same."""
    everybody = sorted(agent.id for agent in world.agents)
    count = round(len(everybody) * share)
    if count == 0:
        raise BadInput("agents", f"a share that touches at least one of {len(everybody)} agents", f"{share:.3%}")
    return () if count == len(everybody) else tuple(sorted(Random(f"{world.seed}:share").sample(everybody, count)))


def _agents(world: World, agents: str) -> tuple[str, ...]:
    """The ids that are meant; empty for all."""
    if not isinstance(agents, str):
        raise BadInput("agents", 'text: "", a share such as "50 %", or ids with commas between them', agents)
    if agents == "":
        return ()
    if share := SHARE.fullmatch(agents.strip()):
        percent = float(share[1])
        if not 0 < percent <= 100:
            raise BadInput("agents", "a share above 0 % and at most 100 %", agents)
        return _some(world, percent / 100)
    named = tuple(dict.fromkeys(name.strip() for name in agents.split(",")))
    known = {agent.id for agent in world.agents} | ({TRACKER} if world.tracker else set())
    unknown = [name for name in named if name not in known]
    if unknown:
        raise BadInput("agents", f'"", a share such as "50 %", or ids of the {len(known)} test agents', unknown[0])
    return named
