"""What was there before, put back over the public API: the undo of faults of the platform, and the end of a run."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.breaking.cloud_control import order
from harness.breaking.presences import definition_id
from harness.errors import DeskstormError, FaultNotCleared
from harness.observing.api import Api, segment
from harness.observing.status import presence_of
from harness.world import World

SETTINGS = "/api/v2/presence/settings"
BULK = "/api/v2/users/presences/bulk"
MOST_AT_ONCE = 50  # genesys' limit for bulk presences


def presences(api: Api, agents: Iterable[str]) -> dict[str, str]:
    """The presence definition id of each agent."""
    return {agent: str(presence(api, agent)["presenceDefinition"]["id"]) for agent in agents}


def presence(api: Api, agent: str) -> dict[str, Any]:
    """One agent's `UserPresence`."""
    return dict(api.get(f"/api/v2/users/{segment(agent)}/presences/PURECLOUD"))


def set_presences(api: Api, wanted: Mapping[str, str]) -> None:
    """Give each agent the presence definition with that id, in bulk."""
    changes = [{"id": agent, "presenceDefinition": {"id": definition}} for agent, definition in wanted.items()]
    for start in range(0, len(changes), MOST_AT_ONCE):
        api.call("PUT", BULK, changes[start : start + MOST_AT_ONCE])


def restore_presences(world_file: str, fault: str, former: dict[str, str]) -> dict[str, Any]:
    """Set each agent in `former` back to the presence definition it had; raises `FaultNotCleared`.

    A published schedule that is not over is withdrawn first: it would set the next presence afterwards.
    """
    world = World.read(Path(world_file))
    if world.control is not None:
        order(world, "publish_schedule", system_presences=[])
    with Api(world) as api:
        set_presences(api, former)
        found = presences(api, former)
    wrong = [agent for agent in former if found[agent] != former[agent]]
    if wrong:
        raise FaultNotCleared(fault, "every agent's former presence", f"another for {', '.join(wrong)}")
    return {"restored": len(former)}


def as_found(world: World) -> list[dict[str, Any]]:
    """The `UserPresence` of every agent of the world, the canary too, each with the agent's id in `agent`."""
    with Api(world) as api:
        return [{**presence(api, agent.id), "agent": agent.id} for agent in (*world.agents, world.canary)]


def leave_as_found(world: World, found: list[dict[str, Any]]) -> list[str]:
    """Put presences and messages back when nothing of ours is connected any more; what went wrong, in words.

    Who was Offline and is not yet again is put to Available, so that no work comes: the platform makes Offline of it
    once it misses the connection. A world of ours has nothing to put back.
    """
    if not found:
        return []
    try:
        with Api(world) as api:
            changes = [change for one in found if (change := _change(one, presence(api, one["agent"])))]
            for start in range(0, len(changes), MOST_AT_ONCE):
                api.call("PUT", BULK, changes[start : start + MOST_AT_ONCE])
    except DeskstormError as error:
        return [f"the agents of the org were not left as they were found: {error}"]
    return []


def _change(former: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The bulk change that makes `former` of `now`; empty if there is nothing to do."""
    message = str(former.get("message") or "")
    change: dict[str, Any] = {} if str(now.get("message") or "") == message else {"message": message}
    definition = former["presenceDefinition"]["id"]
    if now["presenceDefinition"]["id"] != definition:
        offline = presence_of(former) == "OFFLINE"
        change["presenceDefinition"] = {"id": definition_id("Available") if offline else definition}
    return {"id": former["agent"], **change} if change else {}


def restore_presence_settings(world_file: str, fault: str, former: dict[str, Any]) -> dict[str, Any]:
    """Set the presence settings back; raises `FaultNotCleared`."""
    with Api(World.read(Path(world_file))) as api:
        api.call("PUT", SETTINGS, former)
        found = api.get(SETTINGS)
    key = "restorePresenceSettings"
    if found.get(key) != former.get(key):
        raise FaultNotCleared(fault, f"{key} {former.get(key)}", str(found.get(key)))
    return {"restored": found.get(key)}
