"""Conversations and calls: read them, place them, and act on their participants."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.exchange import authenticated, cloud_of, json_object, page
from simulator.cloud.platform import conversation_shapes
from simulator.cloud.platform.guards import by, check_owner, optional, required, texts
from simulator.cloud.platform.model import Conversation, Participant
from simulator.cloud.platform.queues import wrapup_code
from simulator.cloud.platform.wrapup import wrapup_input

if TYPE_CHECKING:
    from simulator.cloud.platform.platform import Platform

ALL = "/api/v2/conversations"
CALLS = f"{ALL}/calls"
STATES = ("connected", "disconnected")


def routes() -> list[BaseRoute]:
    """What is there for any conversation is there for calls too."""
    found: list[BaseRoute] = [
        Route(ALL, conversations),
        Route(CALLS, calls),
        Route(CALLS, place_call, methods=["POST"]),
        Route(f"{CALLS}/{{conversation_id}}", call),
        Route(f"{ALL}/{{conversation_id}}", conversation),
    ]
    for base in (f"{CALLS}/{{conversation_id}}", f"{ALL}/{{conversation_id}}"):
        one = f"{base}/participants/{{participant_id}}"
        communication = f"{one}/communications/{{communication_id}}"
        found += [
            Route(f"{base}/disconnect", disconnect, methods=["POST"]),
            Route(one, patch, methods=["PATCH"]),
            Route(f"{one}/attributes", set_attributes, methods=["PATCH"]),
            Route(f"{one}/replace", replace, methods=["POST"]),
            Route(f"{one}/replace/queue", replace, methods=["POST"]),
            Route(f"{one}/replace/agent", replace, methods=["POST"]),
            Route(f"{one}/wrapup", wrapup),
            Route(f"{one}/wrapupcodes", wrapup_codes),
            Route(communication, patch_communication, methods=["PATCH"]),
            Route(f"{communication}/wrapup", wrapup),
            Route(f"{communication}/wrapup", set_wrapup, methods=["POST"]),
        ]
    return found


async def conversations(request: Request) -> Response:
    """The active conversations of the user who calls, after-call work included; none for client credentials."""
    platform = cloud_of(request).platform
    found = _active(request)
    return JSONResponse(
        page(request, [conversation_shapes.conversation(one, platform.routing.queues) for one in found])
    )


async def calls(request: Request) -> Response:
    """The same as calls, with flat participants."""
    platform = cloud_of(request).platform
    found = _active(request)
    shown = [conversation_shapes.call_conversation(one, platform.routing.queues) for one in found]
    return JSONResponse(page(request, shown))


async def conversation(request: Request) -> Response:
    """One conversation, participants inline, also when it is over."""
    authenticated(request)
    routing = cloud_of(request).platform.routing
    found = routing.conversation(request.path_params["conversation_id"])
    return JSONResponse(conversation_shapes.conversation(found, routing.queues))


async def call(request: Request) -> Response:
    """One call, with flat participants."""
    authenticated(request)
    routing = cloud_of(request).platform.routing
    found = routing.conversation(request.path_params["conversation_id"])
    return JSONResponse(conversation_shapes.call_conversation(found, routing.queues))


async def place_call(request: Request) -> Response:
    """A call into the queue `callQueueId`, as if a customer had called; nothing else can be called here."""
    authenticated(request)
    body = await json_object(request)
    platform = cloud_of(request).platform
    queue_id = required(body, "callQueueId", str)
    conversation_id = platform.place_call(queue_id, optional(body, "callerId", str), texts(body, "attributes"))
    return JSONResponse({"id": conversation_id, "selfUri": f"{CALLS}/{conversation_id}"}, 201)


async def disconnect(request: Request) -> Response:
    """End the whole conversation."""
    caller = authenticated(request)
    platform = cloud_of(request).platform
    found = platform.routing.conversation(request.path_params["conversation_id"])
    _check_party(caller, found)
    platform.apply(platform.routing.end(platform.clock.now_ms(), found.id))
    return _done(platform)


async def patch(request: Request) -> Response:
    """Answer, decline or hang up, hold, mute, wrap up or skip the wrap-up; 409 where the state does not allow it."""
    caller, platform, call_id, leg = _owned_leg(request)
    body = await json_object(request)
    _patch_leg(platform, call_id, leg, body)
    given = optional(body, "wrapup", dict)
    if given is not None:
        wished = wrapup_input(given, platform.wrapup_codes)
        platform.apply(platform.routing.wrap_up(platform.clock.now_ms(), call_id, leg.id, wished, by(caller)))
    if optional(body, "wrapupSkipped", bool):
        platform.apply(platform.routing.skip_wrap_up(platform.clock.now_ms(), call_id, leg.id))
    return _done(platform)


async def patch_communication(request: Request) -> Response:
    """The same for one leg, which does not take a wrap-up."""
    _, platform, call_id, leg = _owned_leg(request)
    _patch_leg(platform, call_id, leg, await json_object(request))
    return JSONResponse({}, platform.cloud.settings.switches.participant_patch_status)


async def set_wrapup(request: Request) -> Response:
    """Assign a wrap-up; a final one ends after-call work, a later one replaces it."""
    caller, platform, call_id, leg = _owned_leg(request)
    wished = wrapup_input(await json_object(request), platform.wrapup_codes)
    platform.apply(platform.routing.wrap_up(platform.clock.now_ms(), call_id, leg.id, wished, by(caller)))
    return _done(platform)


async def wrapup(request: Request) -> Response:
    """The assigned wrap-up of a participant; 404 where there is none yet."""
    authenticated(request)
    leg = _leg(request)
    if leg.wrapup is None:
        raise ApiError(404, "not.found", f"Participant {leg.id} has no wrap-up.")
    return JSONResponse(conversation_shapes.assigned_wrapup(leg.wrapup))


async def wrapup_codes(request: Request) -> Response:
    """The wrap-up codes that a participant may use, as a plain list."""
    authenticated(request)
    _leg(request)
    return JSONResponse([wrapup_code(id, name) for id, name in cloud_of(request).platform.wrapup_codes.items()])


async def set_attributes(request: Request) -> Response:
    """Add to a participant's attributes, by anyone who takes part."""
    caller, platform, leg = authenticated(request), cloud_of(request).platform, _leg(request)
    call_id = request.path_params["conversation_id"]
    _check_party(caller, platform.routing.conversation(call_id))
    wished = texts(await json_object(request), "attributes")
    platform.apply(platform.routing.set_attributes(platform.clock.now_ms(), call_id, leg.id, wished))
    return _done(platform)


async def replace(request: Request) -> Response:
    """Transfer to `queueId` or to `userId`, unattended."""
    _, platform, call_id, leg = _owned_leg(request)
    body, now_ms = await json_object(request), platform.clock.now_ms()
    queue_id, user_id = optional(body, "queueId", str), optional(body, "userId", str)
    if queue_id is not None:
        platform.apply(platform.routing.transfer_to_queue(now_ms, call_id, leg.id, queue_id))
    elif user_id is not None:
        platform.apply(platform.routing.transfer_to_agent(now_ms, call_id, leg.id, user_id))
    else:
        raise ApiError(400, "bad.request", "queueId or userId is required.")
    return _done(platform)


def _patch_leg(platform: "Platform", call_id: str, leg: Participant, body: dict[str, Any]) -> None:
    routing, now_ms = platform.routing, platform.clock.now_ms()
    state, held, muted = optional(body, "state", str), optional(body, "held", bool), optional(body, "muted", bool)
    if state is not None and state.lower() not in STATES:
        raise ApiError(400, "bad.request", f"State {state} cannot be set.")
    if state is not None:
        change = routing.answer if state.lower() == "connected" else routing.disconnect
        platform.apply(change(now_ms, call_id, leg.id))
    if held is not None:
        platform.apply(routing.hold(now_ms, call_id, leg.id, held))
    if muted is not None:
        platform.apply(routing.mute(now_ms, call_id, leg.id, muted))


def _active(request: Request) -> list[Conversation]:
    caller = authenticated(request)
    if caller.user_id is None:
        return []
    found = {call.id: call for call, _ in cloud_of(request).platform.routing.legs(caller.user_id)}
    return list(found.values())


def _leg(request: Request) -> Participant:
    given = request.path_params
    leg = cloud_of(request).platform.routing.participant(given["conversation_id"], given["participant_id"])
    if given.get("communication_id", leg.communication_id) != leg.communication_id:
        raise ApiError(404, "not.found", f"Communication {given['communication_id']} was not found.")
    return leg


def _owned_leg(request: Request) -> tuple[Caller, "Platform", str, Participant]:
    caller, leg = authenticated(request), _leg(request)
    check_owner(caller, leg.user_id)
    return caller, cloud_of(request).platform, request.path_params["conversation_id"], leg


def _check_party(caller: Caller, found: Conversation) -> None:
    if caller.user_id is not None and not found.participants_of(caller.user_id):
        check_owner(caller, None)


def _done(platform: "Platform") -> Response:
    return Response(status_code=platform.cloud.settings.switches.participant_patch_status)
