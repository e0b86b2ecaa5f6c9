"""Conversations as REST, notification events and detail events show them.

`version` of a conversation counts its changes; Genesys shows no such number, so a client must live without it.
Times of detail events are epoch milliseconds, all others dates. `wrapupTimeoutMs` and `alertingTimeoutMs` are in the
cloud's own (scaled) time, as a client finds them.
"""

from collections.abc import Mapping
from typing import Any

from simulator.cloud.platform.clock import iso, iso_or_none
from simulator.cloud.platform.effects import Detail
from simulator.cloud.platform.model import CallState, Conversation, Participant, Phase, Purpose, Queue, Wrapup
from simulator.cloud.platform.user_shapes import HOME_DIVISION

Queues = Mapping[str, Queue]


def conversation(call: Conversation, queues: Queues) -> dict[str, Any]:
    """`Conversation` of REST answers, participants inline."""
    return _present(
        {
            "id": call.id,
            "startTime": iso(call.start_ms),
            "endTime": iso_or_none(call.end_ms),
            "address": call.ani,
            "participants": [_participant(call, leg, queues) for leg in call.participants],
            "conversationIds": [],
            "recordingState": "none",
            "state": _state(call),
            "divisions": [{"division": HOME_DIVISION, "entities": []}],
            "recentTransfers": [],
            "version": call.version,
            "selfUri": f"/api/v2/conversations/{call.id}",
        }
    )


def event_conversation(call: Conversation, queues: Queues) -> dict[str, Any]:
    """The event body of `v2.users.{id}.conversations`."""
    return {
        "id": call.id,
        "maxParticipants": 0,
        "participants": [_event_participant(call, leg, queues) for leg in call.participants],
        "recordingState": "none",
        "address": call.ani,
        "divisions": [{"divisionId": HOME_DIVISION["id"]}],
        "version": call.version,
    }


def call_conversation(call: Conversation, queues: Queues) -> dict[str, Any]:
    """`CallConversation` with flat participants: of REST and the body of `v2.users.{id}.conversations.calls`."""
    return {
        "id": call.id,
        "participants": [_flat_participant(call, leg, queues) for leg in call.participants],
        "otherMediaUris": [],
        "recordingState": "none",
        "version": call.version,
        "selfUri": f"/api/v2/conversations/calls/{call.id}",
    }


def assigned_wrapup(wrapup: Wrapup) -> dict[str, Any]:
    """`AssignedWrapupCode`."""
    return _present(
        {
            "code": wrapup.code,
            "name": wrapup.name,
            "notes": wrapup.notes,
            "tags": list(wrapup.tags),
            "durationSeconds": wrapup.duration_seconds,
            "endTime": iso_or_none(wrapup.end_ms),
            "provisional": wrapup.provisional,
        }
    )


def detail_event(call: Conversation, detail: Detail) -> dict[str, Any]:
    """The event body of a `v2.detail.events.conversation.{id}.*` topic."""
    leg = next(leg for leg in call.participants if leg.id == detail.participant_id)
    body: dict[str, Any] = {
        "eventTime": detail.at_ms,
        "conversationId": call.id,
        "participantId": leg.id,
        "sessionId": leg.communication_id,
        "mediaType": "VOICE",
        "provider": "Edge",
        "direction": "INBOUND",
        "ani": call.ani,
        "dnis": call.dnis,
        "conversationExternalContactIds": [],
        "divisionId": HOME_DIVISION["id"],
    }
    if detail.name == "attributes":
        body["communications"] = [{"id": leg.communication_id, "mediaType": "VOICE"}]
        body["participantStartTime"] = leg.start_ms
    if detail.name == "acd.start":
        body |= {"routingPriority": 0, "requestedRoutingSkillIds": []}
    return body | detail.fields


def _state(call: Conversation) -> str:
    if call.end_ms is None:
        return CallState.CONNECTED.value
    return (CallState.TERMINATED if call.phase is Phase.ENDED else CallState.DISCONNECTED).value


def _common(call: Conversation, leg: Participant, queues: Queues) -> dict[str, Any]:
    agent = leg.purpose is Purpose.AGENT
    queue = queues[leg.queue_id] if leg.queue_id is not None else None
    return {
        "id": leg.id,
        "name": leg.name,
        "purpose": leg.purpose.value,
        "startTime": iso(leg.start_ms),
        "connectedTime": iso_or_none(leg.connected_ms),
        "endTime": iso_or_none(leg.end_ms),
        "address": call.ani if leg.purpose is Purpose.CUSTOMER else None,
        "wrapupRequired": leg.wrapup_required,
        "wrapupPrompt": "timeout" if agent else None,
        "wrapupTimeoutMs": queue.wrapup_timeout_ms if agent and queue else None,
        "alertingTimeoutMs": queue.alerting_timeout_ms if agent and queue else None,
        "wrapup": assigned_wrapup(leg.wrapup) if leg.wrapup else None,
        "startAcwTime": iso_or_none(leg.acw_start_ms) if leg.wrapup_required else None,
        "endAcwTime": iso_or_none(leg.acw_end_ms) if leg.wrapup_required else None,
        "attributes": dict(leg.attributes),
    }


def _participant(call: Conversation, leg: Participant, queues: Queues) -> dict[str, Any]:
    return _present(
        {
            **_common(call, leg, queues),
            "userId": leg.user_id,
            "queueId": leg.queue_id,
            "queueName": queues[leg.queue_id].name if leg.queue_id is not None else None,
            "ani": call.ani,
            "dnis": call.dnis,
            "wrapupSkipped": leg.wrapup_skipped,
            "calls": [_call(call, leg)],
        }
    )


def _event_participant(call: Conversation, leg: Participant, queues: Queues) -> dict[str, Any]:
    found = {
        **_common(call, leg, queues),
        "userId": leg.user_id,
        "queueId": leg.queue_id,
        "wrapupExpected": leg.wrapup_required,
        "calls": [_call(call, leg)],
    }
    return _present({key: value for key, value in found.items() if key != "startTime"})


def _flat_participant(call: Conversation, leg: Participant, queues: Queues) -> dict[str, Any]:
    return _present(
        {
            **_common(call, leg, queues),
            **_leg_state(leg),
            "user": {"id": leg.user_id, "selfUri": f"/api/v2/users/{leg.user_id}"} if leg.user_id else None,
            "queue": {"id": leg.queue_id, "selfUri": f"/api/v2/routing/queues/{leg.queue_id}"}
            if leg.queue_id
            else None,
            "wrapupSkipped": leg.wrapup_skipped,
            "peer": leg.peer_id,
            "ani": call.ani,
            "dnis": call.dnis,
        }
    )


def _call(call: Conversation, leg: Participant) -> dict[str, Any]:
    here, there = {"addressNormalized": call.dnis}, {"addressNormalized": call.ani}
    return _present(
        {
            "id": leg.communication_id,
            **_leg_state(leg),
            "initialState": ("alerting" if leg.purpose is Purpose.AGENT else "connected"),
            "recording": False,
            "startAlertingTime": iso(leg.start_ms) if leg.purpose is Purpose.AGENT else None,
            "connectedTime": iso_or_none(leg.connected_ms),
            "disconnectedTime": iso_or_none(leg.end_ms),
            "peerId": leg.peer_id,
            "self": there if leg.purpose is Purpose.CUSTOMER else here,
            "other": here if leg.purpose is Purpose.CUSTOMER else there,
            "wrapup": assigned_wrapup(leg.wrapup) if leg.wrapup else None,
            "afterCallWork": _after_call_work(leg),
            "afterCallWorkRequired": leg.wrapup_required,
        }
    )


def _leg_state(leg: Participant) -> dict[str, Any]:
    return {
        "state": leg.state.value,
        "direction": "inbound",
        "held": leg.held,
        "muted": leg.muted,
        "confined": False,
        "startHoldTime": iso_or_none(leg.hold_start_ms),
        "disconnectType": leg.disconnect_type,
        "provider": "Edge",
        "media": media(leg),
    }


def media(leg: Participant) -> dict[str, Any] | None:
    """Where the voice of a connected leg goes; None without a media relay. Not a shape of Genesys'.

    A Genesys desktop negotiates WebRTC over its own signalling; ours is told plain RTP in the call. It sends with
    `ssrc` to the first of `candidates` that answers, and hears `remoteSsrc`. `packetMs` is in real-world time. On a
    phone there is `fallbackNumber` alone.
    """
    if leg.media is None or leg.state is not CallState.CONNECTED:
        return None
    if leg.media.fallback_number is not None:
        return {"fallbackNumber": leg.media.fallback_number}
    return {
        "protocol": "RTP/AVP",
        "payloadType": 0,
        "packetMs": 20,
        "ssrc": leg.media.ssrc,
        "remoteSsrc": leg.media.remote_ssrc,
        "candidates": [{"host": host, "port": port} for host, port in leg.media.candidates],
    }


def _after_call_work(leg: Participant) -> dict[str, Any] | None:
    if not leg.wrapup_required or leg.acw_start_ms is None:
        return None
    state = "pending" if leg.in_acw else "skipped" if leg.wrapup_skipped else "complete"
    return _present({"state": state, "startTime": iso(leg.acw_start_ms), "endTime": iso_or_none(leg.acw_end_ms)})


def _present(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value is not None}
