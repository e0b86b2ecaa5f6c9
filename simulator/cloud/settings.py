"""What a cloud is started with, read from one JSON file; unknown and missing keys are refused by name."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import BadInput

T = TypeVar("T")


@dataclass(frozen=True)
class AgentSettings:
    """A test agent; `refresh_token` belongs to the desktop client and starts its session."""

    id: str
    name: str
    refresh_token: str


@dataclass(frozen=True)
class QueueSettings:
    """A queue: all agents are members of one that is `staffed`, nobody of another."""

    id: str
    name: str
    staffed: bool = True


@dataclass(frozen=True)
class Switches:
    """What nobody could establish about the real Genesys Cloud; each default is the likeliest, not a fact.

    Seconds are real-world seconds, scaled by the cloud.
    """

    # OAuth: whether user tokens are held to the scopes of their request, and how errors of /oauth/token look.
    enforce_scopes: bool = False
    oauth_error_body: str = "oauth2"  # or "genesys"
    max_token_seconds: float = 172_800.0
    token_idle_seconds: float = 0.0  # 0: tokens never idle out
    rotate_refresh_tokens: bool = False
    logout_revokes_refresh_token: bool = False
    # Rate limits: the documented defaults; an organisation may have others.
    token_rate_per_minute: int = 300
    app_user_rate_per_minute: int = 300
    user_rate_per_minute: int = 3000
    # How `On Queue` is spelt in presence events: "ON_QUEUE", "OnQueue" or "On Queue"; the others follow.
    presence_event_spelling: str = "ON_QUEUE"
    participant_patch_status: int = 202
    # Channels: whether subscriptions survive a lost socket, and with which of its tokens a channel dies.
    channel_keeps_subscriptions: bool = True
    channel_dies_with_token: str = "last"  # or "own", "never"  # noqa: S105
    combined_topic_counts_once: bool = False
    forbidden_topic_status: int = 403
    announce_subscription_changes: bool = False
    # Sockets: close codes, the body of v2.system.socket_closing, and the idle timeout (0: none).
    displaced_close_code: int = 1001
    expired_close_code: int = 1001
    revoked_close_code: int = 1008
    closing_close_code: int = 1001
    idle_close_code: int = 1001
    idle_timeout_seconds: float = 0.0
    socket_closing_body: str = "system_message"  # or "message", "empty"
    # The event feed: each event waits for up to this long, by chance, so that order is lost.
    feed_disorder_seconds: float = 0.0


CHOICES = {
    "oauth_error_body": ("oauth2", "genesys"),
    "presence_event_spelling": ("ON_QUEUE", "OnQueue", "On Queue"),
    "channel_dies_with_token": ("last", "own", "never"),
    "socket_closing_body": ("system_message", "message", "empty"),
}
DIALECTS = ("genesys", "seed")


@dataclass(frozen=True)
class CloudSettings:
    """One cloud. `token_seconds` and all switches in seconds are real-world seconds, scaled by `time_scale`.

    `queue` is the chaos queue, `queues` are further ones. With `flow` a flow answers each call before its queue.
    `event_feed` is the URL that events are posted to, by `event_feed_proxy` and with `event_feed_token` if they are
    given; `event_feed_dialect` "seed" carries simplified events of queues alone.

    With `media` connected calls carry voice, through a relay at each address of `media_hosts`.
    """

    agents: tuple[AgentSettings, ...]
    client_id: str
    client_secret: str
    desktop_client_id: str
    queue: QueueSettings
    evidence: str
    control_token: str
    seed: int = 0
    time_scale: float = 1.0
    tls: bool = False
    tls_folder: str | None = None
    port: int = 0
    token_seconds: float = 86_399.0
    rate_limits: bool = False
    switches: Switches = field(default_factory=Switches)
    event_feed: str | None = None
    event_feed_proxy: str | None = None
    event_feed_token: str | None = None
    event_feed_dialect: str = "genesys"
    queues: tuple[QueueSettings, ...] = ()
    flow: bool = False
    media: bool = False
    media_hosts: tuple[str, ...] = ("127.0.0.1",)
    sabotage: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "CloudSettings":
        """Read settings from JSON values; raises `BadInput` that names the key."""
        found = dict(given)
        _check_keys(cls, found, "cloud settings")
        found["agents"] = tuple(_read(AgentSettings, agent, "agents") for agent in _list(found, "agents"))
        found["queue"] = _read(QueueSettings, found["queue"], "queue")
        found["queues"] = tuple(_read(QueueSettings, queue, "queues") for queue in _list(found, "queues"))
        found["switches"] = _switches(found.get("switches") or {})
        found["media_hosts"] = tuple(str(host) for host in _list(found, "media_hosts")) or cls.media_hosts
        found["sabotage"] = tuple(str(verb) for verb in _list(found, "sabotage"))
        settings = _build(cls, found, "cloud settings")
        if not 0 < settings.time_scale <= 1:
            raise BadInput("time_scale", "a number above 0 and at most 1", settings.time_scale)
        if not settings.agents:
            raise BadInput("agents", "at least one agent", [])
        if settings.event_feed_dialect not in DIALECTS:
            raise BadInput("event_feed_dialect", f"one of {list(DIALECTS)}", settings.event_feed_dialect)
        if settings.tls and not settings.tls_folder:
            raise BadInput("tls_folder", "a folder for the certificates", settings.tls_folder)
        return settings

    @classmethod
    def read(cls, path: Path) -> "CloudSettings":
        """Read the settings file at `path`; raises `BadInput`."""
        try:
            given = json.loads(path.read_text())
        except OSError as error:
            raise BadInput(f"settings file {path}", "a file that can be read", error.strerror) from None
        except ValueError as error:
            raise BadInput(f"settings file {path}", "JSON", str(error)) from None
        if not isinstance(given, dict):
            raise BadInput(f"settings file {path}", "a JSON object", type(given).__name__)
        return cls.from_json(given)


def _switches(given: Mapping[str, Any]) -> Switches:
    switches = _read(Switches, given, "switches")
    for name, allowed in CHOICES.items():
        if getattr(switches, name) not in allowed:
            raise BadInput(f"switch {name}", f"one of {list(allowed)}", getattr(switches, name))
    return switches


def _list(given: Mapping[str, Any], key: str) -> list[Any]:
    found = given.get(key) or []
    if not isinstance(found, list):
        raise BadInput(key, "a JSON list", found)
    return found


def _read(kind: type[T], given: Any, what: str) -> T:
    if not isinstance(given, Mapping):
        raise BadInput(what, "a JSON object", given)
    _check_keys(kind, given, what)
    return _build(kind, dict(given), what)


def _check_keys(kind: type, given: Mapping[str, Any], what: str) -> None:
    known = {f.name: f for f in fields(kind)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadInput(what, f"keys of {sorted(known)}", unknown)
    required = {name for name, f in known.items() if f.default is MISSING and f.default_factory is MISSING}
    missing = sorted(required - set(given))
    if missing:
        raise BadInput(what, f"the keys {missing}", sorted(given))


def _build(kind: type[T], given: dict[str, Any], what: str) -> T:
    for f in fields(kind):  # type: ignore[arg-type]
        if f.name in given and not _fits(given[f.name], f.type):
            raise BadInput(f"{what} {f.name}", f"{getattr(f.type, '__name__', f.type)}", given[f.name])
    return kind(**given)


def _fits(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in (str, bool):
        return isinstance(value, kind)
    return True
