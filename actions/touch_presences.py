"""A mark on every agent's presence that each desktop must hear of."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.aim import agent_ids
from harness.breaking.limits import line
from harness.errors import BadInput, Unreachable
from harness.observing.api import Api, segment
from harness.runtime import run_of

__all__ = ["touch_presences"]


def touch_presences(marker: str = "touched", agents: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """Write `marker` as the presence message of `agents` at the server, as a supervisor's tool would.

    Returns `{"marker", "agents": [ids]}` once the server shows it for each. Give each touch of a run another marker.
    """
    if not line("marker", marker):
        raise BadInput("marker", "a text to tell this touch from others", marker)
    run = run_of(configuration)
    chosen = agent_ids(run.world, agents)
    with Api(run.world) as api:
        for agent in chosen:
            path = f"/api/v2/users/{segment(agent)}/presences/PURECLOUD"
            api.call("PATCH", path, {"message": marker})
            found = api.get(path).get("message")
            if found != marker:
                raise Unreachable("the presence message", run.world.api + path, f"it is {found!r}")
    run.evidence.write("presences.touched", marker=marker, agents=chosen)
    return {"marker": marker, "agents": chosen}
