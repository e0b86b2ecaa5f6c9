"""The login side: /oauth/token, /oauth/authorize and /logout, and what a token says of itself."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.exchange import authenticated, cloud_of, correlation_id, error_body, page
from simulator.cloud.scopes import SCOPES
from simulator.cloud.tokens import Grant, challenge_of

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud


@dataclass(eq=False)
class OAuthError(Exception):
    """Refused by /oauth/token; `error` is a name of RFC 6749, section 5.2."""

    status: int
    error: str
    description: str


BAD_CLIENT = OAuthError(401, "invalid_client", "client not found or its secret is wrong")
BAD_GRANT = OAuthError(400, "invalid_grant", "the code or token is unknown, used, expired or revoked")


def routes(cloud: "Cloud") -> list[BaseRoute]:
    """Login host and token resources."""
    return [
        Route("/oauth/token", token, methods=["POST"]),
        Route("/oauth/authorize", authorize, methods=["GET"]),
        Route("/logout", logout, methods=["GET"]),
        Route("/api/v2/tokens/me", tokens_me, methods=["GET", "HEAD", "DELETE"]),
        Route("/api/v2/oauth/scopes", scopes, methods=["GET"]),
    ]


async def token(request: Request) -> Response:
    """Answer a grant with tokens, or with the error body that the switch `oauth_error_body` names."""
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    return answer_grant(request, form)


def answer_grant(request: Request, form: Mapping[str, str]) -> Response:
    """Answer the grant in `form` and record it; also the way in of the legacy dialect."""
    cloud = cloud_of(request)
    grant_type = form.get("grant_type", "")
    request.state.grant = grant_type
    try:
        answer, user_id = _grant(cloud, grant_type, form, _basic(request))
    except OAuthError as error:
        cloud.evidence.write("cloud.token", grant=grant_type, status=error.status)
        return _refusal(request, error)
    request.state.agent = user_id
    cloud.evidence.write("cloud.token", agent=user_id, grant=grant_type, status=200)
    return JSONResponse(answer, headers={"cache-control": "no-store"})


@dataclass(frozen=True)
class Client:
    """Who asks: a client id, and whether its secret was given."""

    id: str
    proved: bool


def _grant(
    cloud: "Cloud", kind: str, form: Mapping[str, str], basic: tuple[str, str] | None
) -> tuple[dict[str, Any], str | None]:
    client = _client(cloud, form, basic)
    if kind == "client_credentials":
        if not client.proved:
            raise BAD_CLIENT
        return _access(cloud, Grant(client.id, None)), None
    if kind == "authorization_code":
        grant = _by_code(cloud, client, form)
        return {**_access(cloud, grant), "refresh_token": cloud.tokens.issue_refresh(grant)}, grant.user_id
    if kind == "refresh_token":
        return _by_refresh(cloud, client, form.get("refresh_token", ""))
    raise OAuthError(400, "unsupported_grant_type", f"grant_type {kind!r} is not supported")


def _client(cloud: "Cloud", form: Mapping[str, str], basic: tuple[str, str] | None) -> Client:
    settings = cloud.settings
    name, secret = basic or (form.get("client_id", ""), form.get("client_secret"))
    if secret is not None and name == settings.client_id:
        if not hmac.compare_digest(secret.encode(), settings.client_secret.encode()):
            raise BAD_CLIENT
        return Client(name, proved=True)
    # The desktop client is a public one: it has no secret, so one that is given proves nothing.
    if name == settings.desktop_client_id:
        return Client(name, proved=False)
    if not name and form.get("grant_type") == "refresh_token":
        grant = cloud.tokens.refresh_grant(form.get("refresh_token", ""))
        if grant is not None and grant.client_id == settings.desktop_client_id:
            return Client(grant.client_id, proved=False)
    raise BAD_CLIENT


def _by_code(cloud: "Cloud", client: Client, form: Mapping[str, str]) -> Grant:
    code = cloud.tokens.take_code(form.get("code", ""))
    if code is None or code.grant.client_id != client.id:
        raise BAD_GRANT
    if code.redirect_uri is not None and form.get("redirect_uri") != code.redirect_uri:
        raise BAD_GRANT
    if code.challenge is None and not client.proved:
        raise OAuthError(400, "invalid_request", "a public client must use a code challenge")
    if code.challenge is not None and challenge_of(form.get("code_verifier", "")) != code.challenge:
        raise BAD_GRANT
    return code.grant


def _by_refresh(cloud: "Cloud", client: Client, value: str) -> tuple[dict[str, Any], str | None]:
    grant = cloud.tokens.refresh_grant(value)
    if grant is None or grant.client_id != client.id:
        raise BAD_GRANT
    refresh = value
    if cloud.settings.switches.rotate_refresh_tokens:
        cloud.tokens.end_refresh(value)
        refresh = cloud.tokens.issue_refresh(grant)
    return {**_access(cloud, grant), "refresh_token": refresh}, grant.user_id


def _access(cloud: "Cloud", grant: Grant) -> dict[str, Any]:
    # expires_in counts the client's own seconds, so it is scaled like everything else that a clock measures.
    seconds = cloud.tokens.seconds
    expires_in = int(seconds) if seconds >= 60 else round(seconds, 3)
    return {"access_token": cloud.tokens.issue(grant), "token_type": "bearer", "expires_in": expires_in}


def _basic(request: Request) -> tuple[str, str] | None:
    word, _, given = request.headers.get("authorization", "").partition(" ")
    if word.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise BAD_CLIENT from None
    return name, secret


def _refusal(request: Request, error: OAuthError) -> Response:
    if cloud_of(request).settings.switches.oauth_error_body == "genesys":
        body = error_body(ApiError(error.status, error.error, error.description), correlation_id(request))
    else:
        body = {"error": error.error, "error_description": error.description}
    return JSONResponse(body, status_code=error.status)


async def authorize(request: Request) -> Response:
    """The login page: it names every agent; choosing one (`user_id` in the query) redirects with a code or a token."""
    cloud, query = cloud_of(request), request.query_params
    known = (cloud.settings.client_id, cloud.settings.desktop_client_id)
    redirect, kind = query.get("redirect_uri", ""), query.get("response_type", "code")
    if query.get("client_id") not in known or not redirect or kind not in ("code", "token"):
        raise ApiError(400, "bad.request", "client_id, redirect_uri and response_type=code or token are needed.")
    if query.get("code_challenge") and query.get("code_challenge_method", "S256") != "S256":
        raise ApiError(400, "bad.request", "code_challenge_method must be S256.")
    user_id = query.get("user_id")
    if user_id is None:
        return _login_page(cloud, dict(query))
    if user_id not in {agent.id for agent in cloud.settings.agents}:
        raise ApiError(404, "not.found", f"There is no user {user_id}.")
    grant = Grant(query["client_id"], user_id, tuple(query.get("scope", "").split()))
    state = {"state": query["state"]} if "state" in query else {}
    if kind == "token":
        answer = {**_access(cloud, grant), **state}
        return RedirectResponse(f"{redirect}#{urlencode(answer)}", status_code=302)
    code = cloud.tokens.issue_code(grant, query.get("code_challenge"), redirect)
    joint = "&" if "?" in redirect else "?"
    return RedirectResponse(f"{redirect}{joint}{urlencode({'code': code, **state})}", status_code=302)


def _login_page(cloud: "Cloud", query: Mapping[str, str]) -> Response:
    links = "".join(
        f'<li><a href="?{escape(urlencode({**query, "user_id": agent.id}))}">{escape(agent.name)}</a></li>'
        for agent in cloud.settings.agents
    )
    return HTMLResponse(f"<!doctype html><title>Log in</title><h1>Log in as</h1><ul>{links}</ul>")


async def logout(request: Request) -> Response:
    """Send the browser on; tokens are ended by `DELETE /api/v2/tokens/me`."""
    redirect = request.query_params.get("redirect_uri")
    return RedirectResponse(redirect, status_code=302) if redirect else HTMLResponse("Logged out")


async def tokens_me(request: Request) -> Response:
    """What the token in use stands for; HEAD verifies it, DELETE logs out."""
    cloud, caller = cloud_of(request), authenticated(request)
    if request.method == "DELETE":
        cloud.tokens.revoke(caller)
        return Response(status_code=200)
    return JSONResponse(_token_info(cloud, caller))


def _token_info(cloud: "Cloud", caller: Caller) -> dict[str, Any]:
    organization = {"id": cloud.organization_id, "name": "Deskstorm"}
    grant = cloud.tokens.grant_of(caller)
    found: dict[str, Any] = {
        "organization": organization,
        "homeOrganization": organization,
        "authorizedScope": list(grant.scopes or SCOPES),
        "OAuthClient": {"id": caller.client_id, "name": caller.client_id, "organization": organization},
    }
    idle = cloud.tokens.idles_in(caller)
    if idle:
        found["dateTokenIdles"] = cloud.in_wall(idle)
    return found


async def scopes(request: Request) -> Response:
    """All scope families, as a listing."""
    authenticated(request)
    return JSONResponse(page(request, [{"id": name, "description": name} for name in SCOPES]))
