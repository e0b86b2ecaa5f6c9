"""Agents and conversations as analytics shows them."""

from collections.abc import Iterable, Mapping
from typing import Any

from simulator.cloud.platform.clock import iso, iso_or_none
from simulator.cloud.platform.model import AgentRouting, CallState, Conversation, Participant, Purpose
from simulator.cloud.platform.presences import UserPresence
from simulator.cloud.platform.user_shapes import HOME_DIVISION

Stats = Mapping[str, list[dict[str, Any]]]
SPELT = {"transfer.noanswer": "noAnswerTransfer"}
SEGMENT = {CallState.ALERTING: "alert", CallState.CONNECTED: "interact", CallState.DISCONNECTED: "wrapup"}


def agent_status(
    agent: AgentRouting, presence: UserPresence, legs: Iterable[tuple[Conversation, Participant]]
) -> dict[str, Any]:
    """`AnalyticsAgentStateAgentResponse`."""
    sessions = [
        {
            "conversationId": call.id,
            "sessionId": leg.communication_id,
            "sessionStart": iso(leg.start_ms),
            "segmentType": SEGMENT[leg.state],
            "routedQueueId": leg.queue_id,
            "originatingDirection": "inbound",
            "mediaType": "voice",
        }
        for call, leg in legs
    ]
    return {
        "userId": agent.id,
        "userName": agent.name,
        "divisionId": HOME_DIVISION["id"],
        "systemPresence": presence.presence.value,
        "organizationPresenceId": presence.presence.id,
        "presenceDate": iso(presence.modified_ms),
        "routingStatus": agent.status.value,
        "routingStatusDate": iso(agent.since_ms),
        "isOutOfOffice": False,
        "sessionCount": len(sessions),
        "sessions": sessions,
    }


def details(call: Conversation, media: Stats | None = None) -> dict[str, Any]:
    """`AnalyticsConversation`; without `conversationEnd` while it goes on. `media`: `mediaEndpointStats` by leg."""
    found = {
        "conversationId": call.id,
        "conversationStart": iso(call.start_ms),
        "divisionIds": [HOME_DIVISION["id"]],
        "originatingDirection": "inbound",
        "participants": [_participant(call, leg, (media or {}).get(leg.communication_id)) for leg in call.participants],
    }
    return found if call.end_ms is None else {**found, "conversationEnd": iso(call.end_ms)}


def _participant(call: Conversation, leg: Participant, media: list[dict[str, Any]] | None) -> dict[str, Any]:
    session: dict[str, Any] = {
        "sessionId": leg.communication_id,
        "mediaType": "voice",
        "direction": "inbound",
        "provider": "Edge",
        "ani": call.ani,
        "dnis": call.dnis,
        "segments": _segments(leg),
        "metrics": _metrics(leg),
    }
    if media is not None:
        session["mediaEndpointStats"] = media
    found = {"participantId": leg.id, "participantName": leg.name, "purpose": leg.purpose.value, "sessions": [session]}
    return found if leg.user_id is None else {**found, "userId": leg.user_id}


def _segments(leg: Participant) -> list[dict[str, Any]]:
    agent = leg.purpose is Purpose.AGENT
    segments = []
    if agent:
        segments.append(_segment(leg, "alert", leg.start_ms, leg.connected_ms or leg.end_ms))
    if leg.connected_ms is not None:
        segments.append(_segment(leg, "interact", leg.connected_ms, leg.end_ms))
    if leg.end_ms is not None and leg.disconnect_type is not None:
        segments[-1]["disconnectType"] = SPELT.get(leg.disconnect_type, leg.disconnect_type)
    if leg.wrapup_required and leg.acw_start_ms is not None:
        wrapup = {"wrapUpCode": leg.wrapup.code, "wrapUpNote": leg.wrapup.notes} if leg.wrapup else {}
        segments.append(_segment(leg, "wrapup", leg.acw_start_ms, leg.acw_end_ms) | wrapup)
    return segments


def _segment(leg: Participant, kind: str, begin_ms: int, end_ms: int | None) -> dict[str, Any]:
    found = {
        "segmentType": kind,
        "segmentStart": iso(begin_ms),
        "segmentEnd": iso_or_none(end_ms),
        "queueId": leg.queue_id,
    }
    return {key: value for key, value in found.items() if value is not None}


def _metrics(leg: Participant) -> list[dict[str, Any]]:
    if leg.end_ms is None or leg.purpose is Purpose.CUSTOMER:
        return []
    end = iso(leg.end_ms)
    if leg.purpose is Purpose.ACD:
        name = "tAcd" if leg.disconnect_type == "transfer" else "tAbandon"
        return [{"name": name, "value": leg.end_ms - leg.start_ms, "emitDate": end}]
    if leg.connected_ms is None:
        return [{"name": "tNotResponding", "value": leg.end_ms - leg.start_ms, "emitDate": end}]
    talk_ms = leg.end_ms - leg.connected_ms - leg.held_total_ms
    metrics = [
        {"name": "tAlert", "value": leg.connected_ms - leg.start_ms, "emitDate": iso(leg.connected_ms)},
        {"name": "tTalk", "value": talk_ms, "emitDate": end},
        {"name": "tHeld", "value": leg.held_total_ms, "emitDate": end},
    ]
    if leg.acw_start_ms is not None and leg.acw_end_ms is not None:
        acw_ms = leg.acw_end_ms - leg.acw_start_ms
        metrics.append({"name": "tAcw", "value": acw_ms, "emitDate": iso(leg.acw_end_ms)})
    return metrics
