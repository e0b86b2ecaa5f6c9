"""The ground truth, for whoever compares it with what the desktops believe."""

from typing import TYPE_CHECKING, Any

from simulator.cloud.platform.clock import iso, iso_or_none
from simulator.cloud.platform.conversation_shapes import assigned_wrapup
from simulator.cloud.platform.model import Conversation

if TYPE_CHECKING:
    from simulator.cloud.platform.platform import Platform


def truth(platform: "Platform") -> dict[str, Any]:
    """`{"agents": [...], "conversations": [...]}` with versions."""
    return {
        "agents": [_agent(platform, user_id) for user_id in platform.routing.agents],
        "conversations": [_conversation(platform, call) for call in platform.routing.conversations.values()],
    }


def _agent(platform: "Platform", user_id: str) -> dict[str, Any]:
    routing, presence = platform.routing.agents[user_id], platform.presence.of(user_id)
    return {
        "id": user_id,
        "name": routing.name,
        "presence": presence.presence.value,
        "presence_version": presence.version,
        "presence_message": presence.message,
        "presence_modified": iso(presence.modified_ms),
        "routing": routing.status.value,
        "routing_version": routing.version,
        "joined": [queue.id for queue in platform.routing.queues.values() if queue.members.get(user_id)],
        "sockets": platform.presence.sockets(user_id),
        "conversations": [call.id for call, _ in platform.routing.legs(user_id)],
    }


def _conversation(platform: "Platform", call: Conversation) -> dict[str, Any]:
    return {
        "id": call.id,
        "queue": call.queue_id,
        "state": call.phase.value,
        "version": call.version,
        "modified": iso(call.modified_ms),
        "start": iso(call.start_ms),
        "end": iso_or_none(call.end_ms),
        "participants": [
            {
                "id": leg.id,
                "communication": leg.communication_id,
                "purpose": leg.purpose.value,
                "agent": leg.user_id,
                "state": leg.state.value,
                "held": leg.held,
                "disconnect_type": leg.disconnect_type,
                "wrapup": assigned_wrapup(leg.wrapup) if leg.wrapup else None,
                "in_acw": leg.in_acw,
                "acw_deadline_wall": iso_or_none(platform.routing.acw_deadline(call.id, leg.id)),
                "attributes": dict(leg.attributes),
            }
            for leg in call.participants
        ],
    }
