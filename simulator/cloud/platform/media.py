"""The voice of calls: how good it is, and the way to a phone where it is not."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.caller import ApiError
from simulator.cloud.exchange import authenticated, cloud_of, json_object
from simulator.cloud.platform.clock import iso
from simulator.cloud.platform.guards import check_owner, optional
from simulator.cloud.platform.model import Conversation
from simulator.media.reception import Report

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud
    from simulator.cloud.media import Relay, Session

STATISTICS = "/api/v2/telephony/providers/edges/mediastatistics/conversations/{conversation_id}"
FALLBACK = "/api/v2/conversations/calls/{conversation_id}/participants/{participant_id}/fallback"


def routes() -> list[BaseRoute]:
    """Media statistics of a conversation, and the fallback of a participant."""
    return [Route(STATISTICS, statistics), Route(FALLBACK, fall_back, methods=["POST"])]


async def statistics(request: Request) -> Response:
    """`MediaStatisticsListing`, one entity per voice path, as the relay hears it; empty without media."""
    authenticated(request)
    cloud = cloud_of(request)
    call = cloud.platform.routing.conversation(request.path_params["conversation_id"])
    if cloud.media is None:
        return JSONResponse({"entities": []})
    relay = cloud.media
    return JSONResponse({"entities": [_statistics(one, relay.report(one)) for one in relay.sessions(call.id)]})


async def fall_back(request: Request) -> Response:
    """`{reason?}` -> `{phoneNumber}`: the number to dial for the voice of a connected call; the same if asked again.

    Not an endpoint of Genesys', whose desktops change to a remote station; here one request does it. From then on the
    relay serves the participant no more, and its media shows the number. 409 where the call is not connected or has no
    media.
    """
    caller, cloud = authenticated(request), cloud_of(request)
    call_id, leg_id = request.path_params["conversation_id"], request.path_params["participant_id"]
    platform = cloud.platform
    leg = platform.routing.participant(call_id, leg_id)
    check_owner(caller, leg.user_id)
    reason = optional(await json_object(request), "reason", str)
    if leg.media is None or leg.media.fallback_number is None:
        number = _relay_of(request).new_number()
        platform.apply(platform.routing.fall_back(platform.clock.now_ms(), call_id, leg_id, number))
        cloud.evidence.write("cloud.fallback", agent=leg.user_id, conversation=call_id, number=number, reason=reason)
    assert leg.media is not None  # noqa: S101 - set when the leg was connected
    return JSONResponse({"phoneNumber": leg.media.fallback_number})


def endpoint_stats(cloud: "Cloud", call: Conversation) -> dict[str, list[dict[str, Any]]]:
    """`AnalyticsMediaEndpointStat` of each voice path, by communication; empty without media."""
    return {
        one.communication_id: [
            {"codecs": ["audio/PCMU"], "eventTime": iso(one.began_ms), "receivedPackets": one.reception.received}
        ]
        for one in (cloud.media.sessions(call.id) if cloud.media is not None else ())
    }


def _relay_of(request: Request) -> "Relay":
    relay = cloud_of(request).media
    if relay is None:
        raise ApiError(409, "conflict", "This organization carries no media.")
    return relay


def _statistics(session: "Session", report: Report) -> dict[str, Any]:
    """`MediaStatistics`; `packetsExpected` and `packetLossPercent` are ours, Genesys has a MOS instead."""
    rtp = {
        "packetsReceived": report.received,
        "packetsSent": session.stream.sent,
        "averageJitter": report.jitter_ms,
        "packetsExpected": report.expected,
        "packetLossPercent": report.loss_percent,
    }
    began = iso(session.began_ms)
    return {
        "communicationId": session.communication_id,
        "dateStart": began,
        "mediaStatistics": [{"user": {"id": session.user_id}, "sourceType": "Edge", "rtp": rtp, "dateCreated": began}],
    }
