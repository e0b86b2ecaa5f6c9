"""Which agent a flow belongs to, learnt from the traffic itself. Tokens are kept as SHA-256 alone."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

from mitmproxy import http

from harness.scope import TRACKER

KEPT = 50_000  # tokens and channels each; the oldest go first


class Session:
    """One login: all tokens refreshed from each other and their channels. Its agent may become known later."""

    __slots__ = ("agent",)

    def __init__(self) -> None:
        self.agent: str | None = None


class Identity:
    """Follows tokens and channels to their agents."""

    def __init__(self) -> None:
        self._access: dict[str, Session] = {}
        self._refresh: dict[str, Session] = {}
        self._channels: dict[str, Session] = {}

    def of_bearer(self, token: str | None) -> Session | None:
        """The session of an access token (as `fingerprint`)."""
        return None if token is None else _session(self._access, token)

    def of_grant(self, request: http.Request) -> Session | None:
        """The session of a token request by refresh token, or by the tracker's credentials; None for other grants."""
        form = parse_qs(request.get_text(strict=False) or "")
        if form.get("grant_type", [""])[0] in ("client_credentials", "password"):
            session = Session()
            session.agent = TRACKER
            return session
        found = form.get("refresh_token")
        return _session(self._refresh, fingerprint(found[0])) if found else None

    def of_channel(self, channel: str) -> Session | None:
        """The session that opened a notification channel."""
        return self._channels.get(channel)

    def access_tokens(self) -> Iterator[tuple[str, str | None]]:
        """Each access token seen (as `fingerprint`) and its agent."""
        return ((token, session.agent) for token, session in self._access.items())

    def learn(self, method: str, path: str, session: Session | None, response: http.Response) -> None:
        """Take what a successful answer says about tokens, channels and agents."""
        if not 200 <= response.status_code < 300:
            return
        if path.endswith("/oauth/token"):
            self._learn_tokens(session or Session(), _body(response))
        elif session is None:
            return
        elif path.endswith("/users/me") and session.agent is None:
            session.agent = _text(_body(response), "id")
        elif method == "POST" and path.endswith("/notifications/channels"):
            if channel := _text(_body(response), "id"):
                _keep(self._channels, channel, session)

    def _learn_tokens(self, session: Session, body: dict[str, Any]) -> None:
        for kind, name in ((self._access, "access_token"), (self._refresh, "refresh_token")):
            if token := _text(body, name):
                _keep(kind, fingerprint(token), session)


def fingerprint(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer(request: http.Request) -> str | None:
    """The fingerprint of a request's access token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return fingerprint(token.strip()) if scheme.lower() == "bearer" and token else None


def _session(sessions: dict[str, Session], key: str) -> Session:
    found = sessions.get(key)
    return _keep(sessions, key, Session()) if found is None else found


def _keep(sessions: dict[str, Session], key: str, session: Session) -> Session:
    if len(sessions) >= KEPT:
        del sessions[next(iter(sessions))]
    sessions[key] = session
    return session


def _body(response: http.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.get_text(strict=False) or "")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(body: dict[str, Any], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) and value else None
