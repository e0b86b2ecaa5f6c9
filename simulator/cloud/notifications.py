"""The REST side of notifications, below /api/v2/notifications."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud import topics
from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.channels import Channel
from simulator.cloud.exchange import authenticated, cloud_of, json_body, json_list
from simulator.cloud.topics import Judgement

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

ROOT = "/api/v2/notifications"


def routes(cloud: "Cloud") -> list[BaseRoute]:
    """Channels, subscriptions and the list of topics."""
    channel = f"{ROOT}/channels/{{channel_id}}"
    return [
        Route(f"{ROOT}/channels", create_channel, methods=["POST"]),
        Route(f"{ROOT}/channels", list_channels, methods=["GET"]),
        Route(channel, verify_channel, methods=["HEAD"]),
        Route(f"{channel}/subscriptions", list_subscriptions, methods=["GET"]),
        Route(f"{channel}/subscriptions", change_subscriptions, methods=["PUT", "POST"]),
        Route(f"{channel}/subscriptions", remove_subscriptions, methods=["DELETE"]),
        Route(f"{ROOT}/availabletopics", available_topics, methods=["GET"]),
    ]


async def create_channel(request: Request) -> Response:
    """A new channel; its connectUri is on the host that was asked."""
    caller = authenticated(request)
    await json_body(request)
    return JSONResponse(_channel(request, cloud_of(request).channels.create(caller)))


async def list_channels(request: Request) -> Response:
    """The channels made with this token, or with `includechannels=oauthclient` all of this user and client."""
    caller = authenticated(request)
    include = request.query_params.get("includechannels", "token")
    if include not in ("token", "oauthclient"):
        raise ApiError(400, "bad.request", "includechannels is token or oauthclient.")
    found = [
        _channel(request, channel)
        for channel in cloud_of(request).channels.all()
        if channel.owner == caller or (include == "oauthclient" and _same_app(channel.owner, caller))
    ]
    return JSONResponse({"entities": found})


async def verify_channel(request: Request) -> Response:
    """200 while the channel lives, else 404."""
    _own_channel(request)
    return Response(status_code=200)


async def list_subscriptions(request: Request) -> Response:
    """What the channel listens to."""
    return JSONResponse(_listing(list(_own_channel(request).subscriptions.values())))


async def change_subscriptions(request: Request) -> Response:
    """PUT replaces, POST adds. One bad topic fails the whole call, unless `ignoreErrors=true`."""
    channel = _own_channel(request)
    judgements = [topics.judge(name, channel.owner) for name in _topic_names(await json_list(request))]
    if request.query_params.get("ignoreErrors", "false").lower() != "true":
        _refuse_bad(judgements, cloud_of(request).settings.switches.forbidden_topic_status)
    cloud_of(request).channels.subscribe(channel, judgements, keep=request.method == "POST")
    rejected = [judgement for judgement in judgements if judgement.reason]
    return JSONResponse(_listing([*channel.subscriptions.values(), *rejected]))


async def remove_subscriptions(request: Request) -> Response:
    """Listen to nothing."""
    cloud_of(request).channels.subscribe(_own_channel(request), [], keep=False)
    return Response(status_code=200)


async def available_topics(request: Request) -> Response:
    """Every topic there is."""
    authenticated(request)
    return JSONResponse({"entities": list(topics.available())})


def _own_channel(request: Request) -> Channel:
    caller = authenticated(request)
    return cloud_of(request).channels.of(caller, request.path_params["channel_id"])


def _same_app(owner: Caller, caller: Caller) -> bool:
    return (owner.client_id, owner.user_id) == (caller.client_id, caller.user_id)


def _channel(request: Request, channel: Channel) -> dict[str, Any]:
    scheme = "wss" if request.url.scheme == "https" else "ws"
    uri = f"{scheme}://{request.headers.get('host', request.url.netloc)}/channels/{channel.id}"
    return {"connectUri": uri, "id": channel.id, "expires": channel.expires}


def _listing(judgements: list[Judgement]) -> dict[str, Any]:
    return {"entities": [judgement.as_json() for judgement in judgements]}


def _topic_names(body: list[Any]) -> list[str]:
    found = [item.get("id") if isinstance(item, dict) else None for item in body]
    if not all(isinstance(name, str) and name for name in found):
        raise ApiError(400, "bad.request", 'The body must be a list of {"id": "<topic>"}.')
    return [str(name) for name in found]


def _refuse_bad(judgements: list[Judgement], forbidden_status: int) -> None:
    for bad in (judgement for judgement in judgements if judgement.reason):
        if bad.forbidden:
            raise ApiError(forbidden_status, "missing.permissions", f"{bad.id}: {bad.reason}", {"topic": bad.id})
        raise ApiError(400, "bad.request", f"{bad.id}: {bad.reason}", {"topic": bad.id})
