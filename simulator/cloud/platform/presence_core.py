"""Who is present how, and what becomes of presence when the last socket closes; no socket and no clock in here.

Genesys' rule: a connection that is back within the restore window finds the previous presence; after the window the
user is Offline and comes back Available, or On Queue only if that was the presence and the organization restores it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from simulator.cloud.platform.presences import Presence, UserPresence


@dataclass(frozen=True)
class RestoreSettings:
    """`window_ms` is in the cloud's own (scaled) time; not `enabled` means that nothing outlives a lost connection."""

    enabled: bool = True
    window_ms: int = 60_000
    restore_on_queue: bool = False


@dataclass(frozen=True)
class PresenceChanged:
    """`user_id` has a new presence or message, set by `by` (a user id, `client`, `log-on`, `restore-window`, ...)."""

    user_id: str
    by: str


@dataclass
class _User:
    now: UserPresence
    sockets: int = 0
    alone_since_ms: int | None = None
    lost: Presence | None = None


class PresenceCore:
    """The presence of all users; each call takes the time in epoch ms and answers what changed."""

    def __init__(self, user_ids: Iterable[str], now_ms: int) -> None:
        self.settings = RestoreSettings()
        self._users = {user_id: _User(UserPresence(Presence.OFFLINE, "", now_ms, 1)) for user_id in user_ids}

    def of(self, user_id: str) -> UserPresence:
        """The presence of a known user."""
        return self._users[user_id].now

    def sockets(self, user_id: str) -> int:
        """How many sockets the user has open."""
        return self._users[user_id].sockets

    def change(
        self, now_ms: int, user_id: str, by: str, presence: Presence | None = None, message: str | None = None
    ) -> list[PresenceChanged]:
        """Set presence, message or both; the same values again count as a change, as in the real one."""
        user = self._users[user_id]
        user.now = replace(
            user.now,
            presence=user.now.presence if presence is None else presence,
            message=user.now.message if message is None else message,
            modified_ms=max(now_ms, user.now.modified_ms + 1),
            version=user.now.version + 1,
        )
        user.lost = None
        if user.alone_since_ms is not None:
            user.alone_since_ms = now_ms
        return [PresenceChanged(user_id, by)]

    def sockets_now(self, now_ms: int, user_id: str, count: int) -> list[PresenceChanged]:
        """The user has `count` sockets open."""
        user = self._users[user_id]
        before, user.sockets = user.sockets, count
        if count == 0 and before > 0 and user.now.presence is not Presence.OFFLINE:
            user.alone_since_ms = now_ms
        if count > 0 and before == 0:
            user.alone_since_ms = None
            return self._return(now_ms, user_id)
        return []

    def next_deadline(self) -> int | None:
        """When `expire` has something to do, in epoch ms."""
        alone = [user.alone_since_ms for user in self._users.values() if user.alone_since_ms is not None]
        return min(alone) + self._window_ms() if alone else None

    def expire(self, now_ms: int) -> list[PresenceChanged]:
        """Take those Offline whose window is over."""
        changes: list[PresenceChanged] = []
        for user_id, user in self._users.items():
            if user.alone_since_ms is not None and user.alone_since_ms + self._window_ms() <= now_ms:
                user.alone_since_ms = None
                changes += self._leave(now_ms, user_id)
        return changes

    def _leave(self, now_ms: int, user_id: str) -> list[PresenceChanged]:
        user = self._users[user_id]
        if user.now.presence is Presence.OFFLINE:
            return []
        lost = user.now.presence
        changes = self.change(now_ms, user_id, "restore-window", Presence.OFFLINE)
        user.lost = lost
        return changes

    def _return(self, now_ms: int, user_id: str) -> list[PresenceChanged]:
        user = self._users[user_id]
        if user.now.presence is not Presence.OFFLINE:
            return []
        on_queue = user.lost is Presence.ON_QUEUE and self.settings.enabled and self.settings.restore_on_queue
        return self.change(now_ms, user_id, "log-on", Presence.ON_QUEUE if on_queue else Presence.AVAILABLE)

    def _window_ms(self) -> int:
        return self.settings.window_ms if self.settings.enabled else 0
