"""Users, presence, routing status and queue members as the public API and its events show them."""

from collections.abc import Iterable
from typing import Any

from simulator.cloud.platform.clock import iso
from simulator.cloud.platform.model import AgentRouting, CallState, Conversation, Participant, Queue
from simulator.cloud.platform.presences import Presence, UserPresence

HOME_DIVISION = {"id": "00000000-0000-0000-0000-000000000d17", "name": "Home", "selfUri": ""}
MEDIA = ("call", "callback", "email", "message", "chat", "socialExpression", "video")


def presence_definition(presence: Presence) -> dict[str, Any]:
    """`PresenceDefinition` of REST answers."""
    return {
        "id": presence.id,
        "systemPresence": presence.label,
        "selfUri": f"/api/v2/presencedefinitions/{presence.id}",
    }


def user_presence(user_id: str, now: UserPresence) -> dict[str, Any]:
    """`UserPresence` of REST answers."""
    return {
        "id": user_id,
        "source": "PURECLOUD",
        "sourceId": "PURECLOUD",
        "primary": True,
        "presenceDefinition": presence_definition(now.presence),
        "message": now.message,
        "modifiedDate": iso(now.modified_ms),
        "selfUri": f"/api/v2/users/{user_id}/presences/PURECLOUD",
    }


def presence_event(now: UserPresence, spelling: str) -> dict[str, Any]:
    """The event body of `v2.users.{id}.presence`; the user stands only in the topic."""
    return {
        "source": "PURECLOUD",
        "presenceDefinition": {"id": now.presence.id, "systemPresence": now.presence.spelt(spelling)},
        "primary": True,
        "message": now.message,
        "modifiedDate": iso(now.modified_ms),
    }


def routing_status(agent: AgentRouting) -> dict[str, Any]:
    """`RoutingStatus` of REST answers."""
    return {"userId": agent.id, "status": agent.status.value, "startTime": iso(agent.since_ms)}


def routing_status_event(agent: AgentRouting) -> dict[str, Any]:
    """The event body of `v2.users.{id}.routingStatus`."""
    return {"id": agent.id, "routingStatus": {"status": agent.status.value, "startTime": iso(agent.since_ms)}}


def activity_event(agent: AgentRouting, now: UserPresence, queues: Iterable[Queue], spelling: str) -> dict[str, Any]:
    """The event body of `v2.users.{id}.activity`; a queue is active while joined and On Queue."""
    definition = {"id": now.presence.id, "systemPresence": now.presence.spelt(spelling)}
    active = [queue.id for queue in queues if agent.on_queue and queue.members.get(agent.id)]
    return {
        **routing_status_event(agent),
        "presence": {
            "presenceDefinition": definition,
            "presenceMessage": now.message,
            "modifiedDate": iso(now.modified_ms),
        },
        "outOfOffice": {"active": False, "modifiedDate": None},
        "activeQueueIds": active,
        "dateActiveQueuesChanged": iso(agent.queues_changed_ms),
    }


def conversation_summary(user_id: str, legs: Iterable[tuple[Conversation, Participant]]) -> dict[str, Any]:
    """`UserConversationSummary`: how many calls are connected and how many in after-call work."""
    states = [leg.state for _, leg in legs]
    summary: dict[str, Any] = {"userId": user_id}
    for media in MEDIA:
        nothing = {"active": 0, "acw": 0}
        summary[media] = {"contactCenter": dict(nothing), "enterprise": nothing}
    summary["call"]["contactCenter"] = {
        "active": states.count(CallState.CONNECTED),
        "acw": states.count(CallState.DISCONNECTED),
    }
    return summary


def user(agent: AgentRouting) -> dict[str, Any]:
    """`User` without anything that must be asked for with `expand`."""
    address = f"{agent.id}@agents.example"
    return {
        "id": agent.id,
        "name": agent.name,
        "division": HOME_DIVISION,
        "chat": {"jabberId": address},
        "email": address,
        "username": address,
        "state": "active",
        "version": 1,
        "acdAutoAnswer": False,
        "selfUri": f"/api/v2/users/{agent.id}",
    }


def queue_member(queue: Queue, agent: AgentRouting, expanded: dict[str, Any]) -> dict[str, Any]:
    """`QueueMember`; `expanded` is what was asked for of its user."""
    return {
        "id": agent.id,
        "name": agent.name,
        "user": {**user(agent), **expanded},
        "ringNumber": 1,
        "joined": queue.members[agent.id],
        "memberBy": "user",
        "routingStatus": routing_status(agent),
        "selfUri": f"/api/v2/routing/queues/{queue.id}/members/{agent.id}",
    }
