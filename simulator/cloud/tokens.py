"""Access tokens, refresh tokens and authorization codes. Values are given out once; only their digests are kept."""

import base64
import hashlib
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.cloud.caller import Caller

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

CODE_SECONDS = 600.0


@dataclass(frozen=True)
class Grant:
    """What a token or code stands for; no `scopes` means all of the client's."""

    client_id: str
    user_id: str | None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Code:
    """An authorization code that was not used yet; `challenge` is the PKCE S256 challenge, if one was given."""

    grant: Grant
    challenge: str | None
    redirect_uri: str | None
    expires: float


@dataclass
class Access:
    """A live access token: `expires` and `used` in monotonic seconds."""

    grant: Grant
    caller: Caller
    expires: float
    used: float


def digest(value: str) -> str:
    """Under which name a secret is kept."""
    return hashlib.sha256(value.encode()).hexdigest()


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a PKCE code verifier (RFC 7636, section 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class Tokens:
    """All tokens of one cloud. The refresh tokens of its settings are there from the start."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._access: dict[str, Access] = {}
        self._alive: Counter[tuple[str, str | None]] = Counter()
        self._codes: dict[str, Code] = {}
        self._watchers: list[Callable[[Caller, str], None]] = []
        client = cloud.settings.desktop_client_id
        self._refresh = {digest(a.refresh_token): Grant(client, a.id) for a in cloud.settings.agents}

    def watch(self, watcher: Callable[[Caller, str], None]) -> None:
        """Call `watcher(owner, why)` whenever an access token ends; why is "expired" or "revoked"."""
        self._watchers.append(watcher)

    @property
    def seconds(self) -> float:
        """How long an access token lives here, in scaled seconds."""
        settings = self._cloud.settings
        return self._cloud.scaled(min(settings.token_seconds, settings.switches.max_token_seconds))

    def issue(self, grant: Grant) -> str:
        """A new access token."""
        value = secrets.token_urlsafe(48)
        name, now = digest(value), self._cloud.now()
        caller = Caller(name[:16], grant.client_id, grant.user_id)
        self._access[name] = Access(grant, caller, now + self.seconds, now)
        self._alive[grant.client_id, grant.user_id] += 1
        self._cloud.later(self.seconds / self._cloud.settings.time_scale, lambda: self._end(name, "expired"))
        return value

    def issue_refresh(self, grant: Grant) -> str:
        """A new refresh token."""
        value = secrets.token_urlsafe(48)
        self._refresh[digest(value)] = grant
        return value

    def issue_code(self, grant: Grant, challenge: str | None, redirect_uri: str | None) -> str:
        """A new authorization code, good for one use."""
        value = secrets.token_urlsafe(24)
        expires = self._cloud.now() + self._cloud.scaled(CODE_SECONDS)
        self._codes[digest(value)] = Code(grant, challenge, redirect_uri, expires)
        return value

    def caller(self, value: str) -> Caller | None:
        """The owner of an access token; None if it is unknown, expired, idle for too long or revoked."""
        found = self._access.get(digest(value))
        if found is None:
            return None
        now = self._cloud.now()
        if now >= min(found.expires, self._idles(found)):
            self._end(digest(value), "expired")
            return None
        found.used = now
        return found.caller

    def grant_of(self, caller: Caller) -> Grant:
        """What the caller's token stands for."""
        return next(a.grant for a in self._access.values() if a.caller == caller)

    def idles_in(self, caller: Caller) -> float | None:
        """Scaled seconds after which the caller's token ends if it is not used; None if it never idles out."""
        idle = self._cloud.settings.switches.token_idle_seconds
        return self._cloud.scaled(idle) if idle else None

    def take_code(self, value: str) -> Code | None:
        """Use up an authorization code; None if it is unknown, used or expired."""
        found = self._codes.pop(digest(value), None)
        return found if found and self._cloud.now() < found.expires else None

    def refresh_grant(self, value: str) -> Grant | None:
        """What a refresh token stands for; None if it is unknown or revoked."""
        return self._refresh.get(digest(value))

    def end_refresh(self, value: str) -> None:
        """Revoke one refresh token."""
        self._refresh.pop(digest(value), None)

    def alive(self, client_id: str, user_id: str | None) -> int:
        """How many live access tokens this client holds for this user."""
        return self._alive[client_id, user_id]

    def refreshable(self, user_id: str | None) -> int:
        """How many refresh tokens stand for this user."""
        return sum(1 for grant in self._refresh.values() if grant.user_id == user_id)

    def revoke(self, caller: Caller) -> None:
        """End the caller's access token; its refresh tokens too, where the switch says so."""
        for name in [name for name, access in self._access.items() if access.caller == caller]:
            self._end(name, "revoked")
        if self._cloud.settings.switches.logout_revokes_refresh_token:
            self._drop_refresh(lambda grant: (grant.client_id, grant.user_id) == (caller.client_id, caller.user_id))

    def revoke_users(self, user_ids: set[str], refresh_too: bool) -> int:
        """End all access tokens of these users; returns how many."""
        ended = [name for name, access in self._access.items() if access.grant.user_id in user_ids]
        for name in ended:
            self._end(name, "revoked")
        if refresh_too:
            self._drop_refresh(lambda grant: grant.user_id in user_ids)
        return len(ended)

    def _drop_refresh(self, meant: Callable[[Grant], bool]) -> None:
        self._refresh = {name: grant for name, grant in self._refresh.items() if not meant(grant)}

    def _idles(self, access: Access) -> float:
        idle = self.idles_in(access.caller)
        return access.used + idle if idle else float("inf")

    def _end(self, name: str, why: str) -> None:
        ended = self._access.pop(name, None)
        if ended is not None:
            self._alive[ended.grant.client_id, ended.grant.user_id] -= 1
            for watcher in self._watchers:
                watcher(ended.caller, why)
