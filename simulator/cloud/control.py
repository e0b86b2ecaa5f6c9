"""The access side of the control API: what a test does to sockets, channels and tokens. The gate is for all verbs."""

import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from harness.errors import BadInput
from simulator.cloud.caller import ApiError
from simulator.cloud.exchange import json_object
from simulator.cloud.tokens import Grant

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

PREFIX = "/_control"
RESTART_CODE = 1012

Given = dict[str, Any]
Verb = Callable[["Cloud", Given], dict[str, Any]]


class Gate:
    """ASGI middleware in front of every verb: the bearer token, the evidence, and the only place of `sabotage`."""

    def __init__(self, app: ASGIApp, cloud: "Cloud") -> None:
        self._app = app
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one call through, or answer 200 and do nothing where its verb is sabotaged."""
        request = Request(scope)
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._cloud.settings.control_token}".encode()):
            raise ApiError(401, "bad.credentials", "The control API needs its own bearer token.")
        verb = scope["path"].removeprefix(PREFIX).strip("/").split("/")[0]
        if scope["method"] == "GET":
            await self._app(scope, receive, send)
        elif verb in self._cloud.settings.sabotage:
            await JSONResponse({"ok": True})(scope, receive, send)
        else:
            self._cloud.evidence.write("cloud.control", verb=verb)
            await self._app(scope, receive, send)


def close_sockets(cloud: "Cloud", given: Given) -> dict[str, Any]:
    """`{agents, code}`: close the sockets of these agents (all without `agents`) with `code` (1001)."""
    code = _number(given, "code", 1001)
    if not (1000 <= code <= 1014 or 3000 <= code <= 4999) or code in (1004, 1005, 1006):
        raise ApiError(400, "bad.request", f"code: expected a close code that may be sent, found {code:g}")
    return {"closed": cloud.sockets.close_users(_agents(cloud, given), int(code), "closed by the control API")}


def closing_notice(cloud: "Cloud", given: Given) -> dict[str, Any]:
    """`{agents, seconds}`: announce the close, and close after `seconds` (60) real-world seconds, scaled."""
    return {"announced": cloud.sockets.announce_closing(_agents(cloud, given), _number(given, "seconds", 60.0))}


def revoke_tokens(cloud: "Cloud", given: Given) -> dict[str, Any]:
    """`{agents, refresh_too}`: end the access tokens of these agents, with `refresh_too` their refresh tokens."""
    meant = _agents(cloud, given) or _all_agents(cloud)
    return {"revoked": cloud.tokens.revoke_users(meant, given.get("refresh_too") is True)}


def evict_channels(cloud: "Cloud", given: Given) -> dict[str, Any]:
    """`{agents}`: remove their channels as the 21st channel would."""
    return {"evicted": cloud.channels.evict(_agents(cloud, given) or _all_agents(cloud))}


def issue_code(cloud: "Cloud", given: Given) -> dict[str, Any]:
    """`{user_id, code_challenge?, client_id?, redirect_uri?, scope?}`: an authorization code without a browser."""
    user_id = given.get("user_id")
    if user_id not in _all_agents(cloud):
        raise ApiError(400, "bad.request", f"user_id: expected the id of an agent, found {user_id!r}")
    client_id = given.get("client_id", cloud.settings.desktop_client_id)
    clients = (cloud.settings.desktop_client_id, cloud.settings.client_id)
    if client_id not in clients:
        raise ApiError(400, "bad.request", f"client_id: expected one of this cloud's {clients}, found {client_id!r}")
    grant = Grant(client_id, str(user_id), tuple(str(given.get("scope", "")).split()))
    return {"code": cloud.tokens.issue_code(grant, given.get("code_challenge"), given.get("redirect_uri"))}


def restart(cloud: "Cloud", given: Given) -> dict[str, Any]:
    """Drop every socket and channel, as a restarted cloud has; tokens and the platform's state stay."""
    channels = cloud.channels.drop_all()
    return {"closed": cloud.sockets.close_users(None, RESTART_CODE, "restart"), "channels": channels}


def feed_events(cloud: "Cloud", given: Given) -> dict[str, Any]:
    """`{url, proxy?, token?, dialect?}`: deliver what happens from now on to `url`; there is no way back."""
    from simulator.cloud import feed  # only who has a feed pays for its HTTP client

    unknown = sorted(set(given) - {"url", "proxy", "token", "dialect"})
    if unknown or not all(isinstance(given.get(key, ""), str) for key in given) or not given.get("url"):
        raise ApiError(400, "bad.request", f"expected texts for url, proxy, token and dialect, found {sorted(given)}")
    try:
        feed.begin(cloud, feed.Line(**given))
    except BadInput as error:
        raise ApiError(400, "bad.request", str(error)) from None
    return {}


VERBS: dict[str, Verb] = {
    "close_sockets": close_sockets,
    "closing_notice": closing_notice,
    "revoke_tokens": revoke_tokens,
    "evict_channels": evict_channels,
    "issue_code": issue_code,
    "feed_events": feed_events,
    "restart": restart,
}


def routes(cloud: "Cloud") -> list[BaseRoute]:
    """The verbs of this half, relative to the control prefix, and the state of sockets, channels and tokens."""

    def route(name: str, verb: Verb) -> Route:
        async def answer(request: Request) -> Response:
            return JSONResponse({"ok": True, **verb(cloud, await json_object(request))})

        return Route(f"/{name}", answer, methods=["POST"])

    async def state(request: Request) -> Response:
        return JSONResponse(access_state(cloud))

    return [*(route(name, verb) for name, verb in VERBS.items()), Route("/sockets", state, methods=["GET"])]


def access_state(cloud: "Cloud") -> dict[str, Any]:
    """Sockets, channels and token counts by agent; no secrets but the ids of channels."""
    now = cloud.now()
    clients = (cloud.settings.desktop_client_id, cloud.settings.client_id)
    return {
        "sockets": [
            {"agent": s.user_id, "channel": s.channel_id, "open_s": round(now - s.opened, 3)}
            for s in cloud.sockets.all()
        ],
        "channels": [
            {
                "id": channel.id,
                "agent": channel.owner.user_id,
                "expires": channel.expires,
                "connected": cloud.sockets.connected(channel.id),
                "topics": sorted(channel.topics),
            }
            for channel in cloud.channels.all()
        ],
        "tokens": {
            agent.id: {
                "access": sum(cloud.tokens.alive(client, agent.id) for client in clients),
                "refresh": cloud.tokens.refreshable(agent.id),
            }
            for agent in cloud.settings.agents
        },
    }


def _all_agents(cloud: "Cloud") -> set[str]:
    return {agent.id for agent in cloud.settings.agents}


def _agents(cloud: "Cloud", given: Given) -> set[str] | None:
    meant = given.get("agents")
    if meant is None:
        return None
    if not isinstance(meant, list) or not meant:
        raise ApiError(400, "bad.request", f"agents: expected a list of agent ids, found {meant!r}")
    unknown = sorted({str(agent) for agent in meant} - _all_agents(cloud))
    if unknown:
        raise ApiError(400, "bad.request", f"agents: expected ids of this cloud's agents, found {unknown}")
    return {str(agent) for agent in meant}


def _number(given: Given, name: str, default: float) -> float:
    found = given.get(name, default)
    if not isinstance(found, int | float) or isinstance(found, bool) or found < 0:
        raise ApiError(400, "bad.request", f"{name}: expected a number of at least 0, found {found!r}")
    return found
