"""The world that an experiment runs against, as one file that every part of ours can read.

The *runtime* world file (mode 0600, outside `runs/`, gone with the world) holds addresses and the credentials of test
clients. It is written by whoever brings the world up and found through `configuration["deskstorm_world"]`.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.errors import BadInput
from harness.network.site import Site


class WorldKind(StrEnum):
    """Who started the cloud: we (`local`), or somebody else (`org`)."""

    LOCAL = "local"
    ORG = "org"


@dataclass(frozen=True)
class Agent:
    """A test agent. `refresh_token` starts its session and is a secret."""

    id: str
    name: str
    refresh_token: str


@dataclass(frozen=True)
class Wire:
    """The proxy between desktops and cloud: an explicit HTTP proxy for http, https, ws and wss.

    `ca` is the certificate that its clients must trust for TLS; `token` opens the control channel at
    `control_host:control_port`. `proxies` are its addresses towards the sites, by the host that it listens on;
    `metrics` is the address of its numbers for Prometheus.
    """

    proxy: str
    control_host: str
    control_port: int
    token: str
    ca: str | None = None
    proxies: dict[str, str] = field(default_factory=dict)
    metrics: str | None = None


@dataclass(frozen=True)
class CloudControl:
    """The simulator's own control API: base URL (`http://127.0.0.1:1234/_control`) and its bearer token."""

    url: str
    token: str


class Dialect(StrEnum):
    """What a tracker understands: Genesys' own events, or the simplified ones of a queue's members."""

    GENESYS = "genesys"
    SEED = "seed"


@dataclass(frozen=True)
class Tracker:
    """The interaction tracker under test: deliveries go to `url`/eventbridge.

    `token` (if it wants one) opens deliveries and questions. `ours` is the one of this project; the keeper holds the
    process of a `kept` one, so that it can be killed and paused. The limits are those that it is set to:
    `max_dwell_s` in real-world seconds.
    """

    url: str
    token: str | None
    dialect: Dialect
    ours: bool
    kept: bool = True
    max_dwell_s: float = 300.0
    max_bounces: int = 3


@dataclass(frozen=True)
class Receiver:
    """What the tracker sends to: time-series store and alert webhooks; `token` opens its readings and its store."""

    url: str
    token: str


@dataclass(frozen=True)
class World:
    """Everything with an address. Without `crowd_url` there are no desktops of ours, without `control` no simulator.

    `api` and `login` are base URLs without a trailing slash, of the cloud itself (not of the wire); `ca` is the
    certificate to trust on the way there, if not the system's. `queues` are the ids of further queues that nobody works
    in. Times everywhere are real seconds times `time_scale`. With `sites` the desktops live behind network links of
    their own, and `crowd_url` is that of the first site.
    """

    kind: WorldKind
    run: str
    folder: str
    keeper_socket: str
    api: str
    login: str
    client_id: str
    client_secret: str
    desktop_client_id: str
    agents: tuple[Agent, ...]
    canary: Agent
    queue_id: str
    time_scale: float
    seed: int
    ca: str | None = None
    wire: Wire | None = None
    crowd_url: str | None = None
    control: CloudControl | None = None
    tracker: Tracker | None = None
    receiver: Receiver | None = None
    queues: tuple[str, ...] = ()
    sites: tuple[Site, ...] = ()
    sabotage: tuple[str, ...] = ()

    @property
    def evidence(self) -> Path:
        """The folder of this run's evidence files."""
        return Path(self.folder) / "evidence"

    @property
    def crowd_urls(self) -> tuple[str, ...]:
        """Where all desktops of ours say what they show: one address for each crowd."""
        of_sites = tuple(site.crowd_url for site in self.sites if site.crowd_url)
        return of_sites or ((self.crowd_url,) if self.crowd_url else ())

    def crowd_url_of(self, agent: str) -> str | None:
        """Where the desktop of `agent` says what it shows."""
        return next((site.crowd_url for site in self.sites if agent in site.agents), self.crowd_url)

    def proxy_of(self, site: Site | None) -> str | None:
        """The wire as the desktops of `site` see it, or those of a world without sites; None without a wire."""
        if self.wire is None or site is None:
            return self.wire.proxy if self.wire else None
        return self.wire.proxies[site.gateway]

    def write(self, path: Path) -> None:
        """Write the file for its owner alone, whole or not at all."""
        part = path.with_suffix(".part")
        part.touch(mode=0o600)
        part.write_text(json.dumps(asdict(self), indent=1))
        os.replace(part, path)

    @classmethod
    def read(cls, path: Path) -> "World":
        """Read a runtime world file."""
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except OSError as error:
            raise BadInput(f"world file {path}", "a file that can be read", error.strerror) from None
        except ValueError as error:
            raise BadInput(f"world file {path}", "JSON", str(error)) from None
        try:
            found["kind"] = WorldKind(found["kind"])
            found["agents"] = tuple(Agent(**agent) for agent in found["agents"])
            found["canary"] = Agent(**found["canary"])
            found["wire"] = Wire(**found["wire"]) if found["wire"] else None
            found["control"] = CloudControl(**found["control"]) if found["control"] else None
            if given := found.get("tracker"):
                found["tracker"] = Tracker(**{**given, "dialect": Dialect(given["dialect"])})
            if found.get("receiver"):
                found["receiver"] = Receiver(**found["receiver"])
            found["queues"] = tuple(found.get("queues", ()))
            found["sites"] = tuple(Site.from_json(site) for site in found.get("sites", ()))
            found["sabotage"] = tuple(found.get("sabotage", ()))
            return cls(**found)
        except (KeyError, TypeError, ValueError) as error:
            raise BadInput(f"world file {path}", "the keys of a runtime world", str(error)) from None
