"""The blast-radius guard: whom a fault could reach, checked before any fault. There is no way around it."""

from collections.abc import Collection
from typing import Any

from harness.errors import Refused, Unreachable
from harness.observing.api import Api, ApiRefused, segment
from harness.observing.observer import conversation_details
from harness.world import World


def check(world: World, targeted: Collection[str] = ()) -> None:
    """Raise `Refused`, naming the agent and why, unless nobody but test agents can be reached.

    `targeted` are agent ids; without them all agents of the world and the canary are meant. Each must be on the world
    file's list of test agents, a member of no queue but the chaos queue, and in no conversation with anyone outside the
    test. Inside it are those that came through the chaos queue alone, and those between test agents. What cannot be
    read is refused as well.
    """
    allowed = {agent.id for agent in world.agents} | {world.canary.id}
    agents = sorted(targeted or allowed)
    for agent in agents:
        if agent not in allowed:
            raise Refused(f"agent {agent}: expected a test agent of the world file, found one that is not listed")
    try:
        with Api(world) as api:
            _check_members(api, world, allowed)
            for agent in agents:
                _check_queues(api, world, agent)
                _check_summary(api, agent)
            for details in conversation_details(api, agents, active_only=True):
                _check_conversation(world, details, allowed)
    except (ApiRefused, Unreachable) as error:
        raise Refused(f"the blast radius could not be checked: {error}") from None


def _check_members(api: Api, world: World, allowed: Collection[str]) -> None:
    for member in api.pages(f"/api/v2/routing/queues/{segment(world.queue_id)}/members"):
        if member["id"] not in allowed:
            raise Refused(
                f"agent {member['id']}: expected test agents alone in the chaos queue, found a member not listed"
            )


def _check_queues(api: Api, world: World, agent: str) -> None:
    for queue in api.pages(f"/api/v2/users/{segment(agent)}/queues"):
        if queue["id"] != world.queue_id:
            raise Refused(
                f"agent {agent}: expected a member of the chaos queue alone, "
                f"found a member of {queue.get('name') or queue['id']}"
            )


def _check_summary(api: Api, agent: str) -> None:
    """Calls past every queue show in the agent's own summary, and not always in analytics."""
    user = api.get(f"/api/v2/users/{segment(agent)}", expand="conversationSummary")
    for media, counts in (user.get("conversationSummary") or {}).items():
        direct = counts.get("enterprise") if isinstance(counts, dict) else None
        if direct and int(direct.get("active") or 0) > 0:
            raise Refused(f"agent {agent}: expected no conversation outside the test, found a direct {media}")


def _check_conversation(world: World, details: dict[str, Any], allowed: Collection[str]) -> None:
    parts = details.get("participants") or []
    users = {str(part["userId"]) for part in parts if part.get("userId")}
    queues = {
        str(segment_["queueId"])
        for part in parts
        for session in part.get("sessions") or ()
        for segment_ in session.get("segments") or ()
        if segment_.get("queueId")
    }
    outside = not all(part.get("userId") for part in parts)
    agent = ", ".join(sorted(users & set(allowed)))
    where = f"agent {agent}: expected no conversation with anyone outside the test"
    if strangers := users - set(allowed):
        raise Refused(f"{where}, found {details['conversationId']} with agent {', '.join(sorted(strangers))}")
    if queues - {world.queue_id}:
        raise Refused(f"{where}, found {details['conversationId']} from queue {', '.join(sorted(queues))}")
    if outside and not queues:
        raise Refused(f"{where}, found {details['conversationId']}, which came through no queue")
