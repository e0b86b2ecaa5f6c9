"""What a tracker is started with: one JSON file, or environment variables `TRACKER_<KEY>`; secrets only from the
environment variables that the settings name. Times are seconds."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tracker.errors import BadInput
from tracker.given import Given, Secret

PREFIX = "TRACKER_"
KEYS = (
    "host", "port", "data", "store", "queues", "retention_s", "keep_s", "delivery", "read_token_env", "tsdb", "alerts",
    "alert_repeat_s", "cloud", "proxy", "ca", "life_line", "defect",
)  # fmt: skip
TEXTS = ("host", "data", "store", "read_token_env", "proxy", "ca", "defect")


@dataclass(frozen=True, slots=True)
class Limits:
    """Stuck: inside a queue for more than `max_dwell_s`. Bouncing: back in a queue more than `max_bounces` times. The
    defaults are those of the seed's tracker."""

    max_dwell_s: float = 300.0
    max_bounces: int = 3


@dataclass(frozen=True)
class Delivery:
    """Who may deliver: with a bearer token, or with an HMAC-SHA256 of the body; from sources with these prefixes."""

    token: Secret | None = None
    hmac: Secret | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tsdb:
    """A time-series store that takes InfluxDB v2 writes."""

    url: str
    org: str
    bucket: str
    token: Secret | None
    deadline_s: float


@dataclass(frozen=True)
class Sink:
    """Where alerts are sent to; `kind` is the shape of what is sent."""

    kind: str
    url: str = field(repr=False)
    token: Secret | None

    @property
    def name(self) -> str:
        """Tells this sink from others, stays the same over restarts, and holds no secret, as an address may. Two
        services of PagerDuty differ in their routing keys alone; any other token may be renewed."""
        key = f" {self.token.value}" if self.token and self.kind == "pagerduty" else ""
        return f"{self.kind}-{hashlib.sha256(f'{self.url}{key}'.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Cloud:
    """The Genesys Cloud that diagnostics ask; `dialect` "seed" asks the simplified paged endpoint of the seeds."""

    api: str
    login: str
    client_id: str
    secret: Secret
    dialect: str


@dataclass(frozen=True)
class Settings:
    """One tracker. `queues` holds the limits of single queues, `limits` those of all others. A conversation that rests
    stays in memory for `retention_s`, at most; events stay in the store for `keep_s`."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 0
    store: str = "sqlite"
    limits: Limits = Limits()
    queues: Mapping[str, Limits] = field(default_factory=dict)
    retention_s: float = 3600.0
    keep_s: float = 30 * 86_400.0
    delivery: Delivery = Delivery()
    read_token: Secret | None = None
    tsdb: Tsdb | None = None
    alerts: tuple[Sink, ...] = ()
    alert_repeat_s: float = 300.0
    cloud: Cloud | None = None
    proxy: str | None = None
    ca: Path | None = None
    life_line: bool = False
    defect: str | None = None

    @property
    def shares_its_store(self) -> bool:
        """Whether other trackers may use the same store."""
        return self.store != "sqlite"


def read(path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings in the JSON file at `path`; raises `BadInput`."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"settings {path}", "a file that can be read", error.strerror) from None
    except ValueError as error:
        raise BadInput(f"settings {path}", "JSON", str(error)) from None
    return parse(given, environment, str(path))


def from_environment(environment: Mapping[str, str]) -> Settings:
    """The settings in `TRACKER_HOST`, `TRACKER_DATA`, ...; numbers, lists and objects are written as JSON."""
    given = {key: environment[PREFIX + key.upper()] for key in KEYS if environment.get(PREFIX + key.upper())}
    return parse({key: _value(key, text) for key, text in given.items()}, environment, "environment")


def parse(given: object, environment: Mapping[str, str], where: str = "settings") -> Settings:
    """Settings from JSON values; raises `BadInput` that names the key."""
    top = Given(given, where, environment)
    limits, queues = _queues(top.part("queues"))
    ca = top.maybe_text("ca")
    found = Settings(
        data=Path(top.text("data")),
        host=top.text("host", "127.0.0.1"),
        port=top.whole("port", 0, 0, 65535),
        store=_store(top),
        limits=limits,
        queues=queues,
        retention_s=top.number("retention_s", 3600.0),
        keep_s=top.number("keep_s", 30 * 86_400.0, 1.0),
        delivery=_delivery(top.part("delivery")),
        read_token=top.secret("read_token_env"),
        tsdb=_tsdb(top.part("tsdb")),
        alerts=_sinks(top.parts("alerts")),
        alert_repeat_s=top.number("alert_repeat_s", 300.0, 0.001),
        cloud=_cloud(top.part("cloud")),
        proxy=top.url("proxy") if top.maybe_text("proxy") else None,
        ca=Path(ca) if ca else None,
        life_line=top.flag("life_line"),
        defect=top.maybe_text("defect"),
    )
    top.rest()
    return found


def _value(key: str, text: str) -> object:
    if key in TEXTS:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _store(top: Given) -> str:
    found = top.text("store", "sqlite")
    if found != "sqlite" and not found.startswith(("postgresql://", "postgres://")):
        raise BadInput("store", 'sqlite or "postgresql://..."', found.partition(":")[0])
    if urlsplit(found).password or "password" in parse_qs(urlsplit(found).query):
        raise BadInput("store", "an address without a password (PGPASSWORD or PGPASSFILE)", "one with a password")
    return found


def _queues(part: Given | None) -> tuple[Limits, dict[str, Limits]]:
    if part is None:
        return Limits(), {}
    default = _limits(part.part("default"), Limits())
    return default, {queue: _limits(own, default) for queue, own in part.others()}


def _limits(part: Given | None, default: Limits) -> Limits:
    if part is None:
        return default
    dwell = part.number("max_dwell_s", default.max_dwell_s, 0.001)
    found = Limits(dwell, part.whole("max_bounces", default.max_bounces, 0, 1_000_000))
    part.rest()
    return found


def _delivery(part: Given | None) -> Delivery:
    if part is None:
        return Delivery()
    found = Delivery(part.secret("token_env"), part.secret("hmac_env"), part.texts("sources"))
    part.rest()
    return found


def _tsdb(part: Given | None) -> Tsdb | None:
    if part is None:
        return None
    where = part.url("url"), part.text("org"), part.text("bucket")
    found = Tsdb(*where, part.secret("token_env"), part.number("deadline_s", 5.0, 0.001))
    part.rest()
    return found


def _sinks(parts: list[Given]) -> tuple[Sink, ...]:
    found: dict[str, Sink] = {}
    for place, part in enumerate(parts):
        sink = _sink(part)
        if sink.name in found:
            raise BadInput("alerts", "sinks that differ", f"alerts[{place}], which is there already")
        found[sink.name] = sink
    return tuple(found.values())


def _sink(part: Given) -> Sink:
    kind = part.choice("kind", ("generic", "slack", "pagerduty", "alertmanager"))
    # Whoever knows a Slack webhook's address may write there.
    hidden = part.secret_url("url_env")
    found = Sink(kind, hidden.value if hidden else part.url("url"), part.secret("token_env"))
    part.rest()
    return found


def _cloud(part: Given | None) -> Cloud | None:
    if part is None:
        return None
    api, login, client = part.url("api"), part.url("login"), part.text("client_id")
    secret = part.secret("secret_env")
    if secret is None:
        raise BadInput("cloud: secret_env", "the name of an environment variable that holds a secret", None)
    found = Cloud(api, login, client, secret, part.choice("dialect", ("genesys", "seed"), "genesys"))
    part.rest()
    return found
