"""The platform's control verbs: calls, schedules, presence settings, and the ground truth."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.exchange import cloud_of, json_object
from simulator.cloud.platform.guards import optional, optional_seconds, required, texts
from simulator.cloud.platform.presence import settings_shape
from simulator.cloud.platform.presences import presence_named
from simulator.cloud.platform.truth import truth

if TYPE_CHECKING:
    from simulator.cloud.platform.platform import Platform

Given = dict[str, Any]
Verb = Callable[["Platform", Given], dict[str, Any]]


def place_call(platform: "Platform", given: Given) -> dict[str, Any]:
    """`{queue_id?, ani?, attributes?}`: a customer calls; answers `{conversationId}`."""
    queue_id = optional(given, "queue_id", str) or platform.cloud.settings.queue.id
    conversation_id = platform.place_call(queue_id, optional(given, "ani", str), texts(given, "attributes"))
    return {"conversationId": conversation_id}


def end_call(platform: "Platform", given: Given) -> dict[str, Any]:
    """`{conversation_id}`: the customer hangs up."""
    conversation_id = required(given, "conversation_id", str)
    platform.apply(platform.routing.end(platform.clock.now_ms(), conversation_id))
    return {}


def move_call(platform: "Platform", given: Given) -> dict[str, Any]:
    """`{conversation_id, queue_id}`: the call goes into that queue, from its queue or from whoever has it in hand."""
    conversation_id, queue_id = required(given, "conversation_id", str), required(given, "queue_id", str)
    platform.apply(platform.routing.move(platform.clock.now_ms(), conversation_id, queue_id))
    return {}


def publish_schedule(platform: "Platform", given: Given) -> dict[str, Any]:
    """`{agents?, system_presences, spacing_s?}`: set each presence in turn for all these agents (all without `agents`).

    The first at once, the next every `spacing_s` (1) real-world seconds, scaled. Answers before the last is set:
    `{agents, flips, ends_in_s}`, the last in wall seconds. A new schedule, also one of no presences, withdraws the old.
    """
    agents = [platform.known(str(id)) for id in optional(given, "agents", list) or platform.routing.agents]
    presences = [presence_named(name) for name in required(given, "system_presences", list)]
    spacing_s = optional_seconds(given, "spacing_s")
    spacing_s = 1.0 if spacing_s is None else spacing_s
    platform.publish_schedule(agents, presences, spacing_s)
    ends_in_s = platform.cloud.scaled(spacing_s * max(0, len(presences) - 1))
    return {"agents": len(agents), "flips": len(agents) * len(presences), "ends_in_s": ends_in_s}


def presence_settings(platform: "Platform", given: Given) -> dict[str, Any]:
    """`{enabled?, restore_s?, restore_on_queue?}`, the window in real-world seconds, scaled; answers what holds now."""
    changes: dict[str, Any] = {}
    restore_s = optional_seconds(given, "restore_s")
    if restore_s is not None:
        changes["window_ms"] = platform.scaled_ms(restore_s)
    for key in ("enabled", "restore_on_queue"):
        if optional(given, key, bool) is not None:
            changes[key] = given[key]
    platform.set_restore(replace(platform.presence.settings, **changes))
    return settings_shape(platform.presence.settings)


VERBS: dict[str, Verb] = {
    "place_call": place_call,
    "end_call": end_call,
    "move_call": move_call,
    "publish_schedule": publish_schedule,
    "presence_settings": presence_settings,
}


def routes() -> list[BaseRoute]:
    """A POST route per verb, and `GET /truth`."""

    def route(name: str, verb: Verb) -> Route:
        async def answer(request: Request) -> Response:
            return JSONResponse({"ok": True, **verb(cloud_of(request).platform, await json_object(request))})

        return Route(f"/{name}", answer, methods=["POST"])

    async def read_truth(request: Request) -> Response:
        return JSONResponse(truth(cloud_of(request).platform))

    return [*(route(name, verb) for name, verb in VERBS.items()), Route("/truth", read_truth)]
