"""Bringing up what an experiment on the tracker needs: the receiver, the tracker itself, and the cloud's event feed.

The feed reaches the tracker through the wire, and the tracker reaches store, webhooks and cloud through the wire, so
that faults on any of these are faults on the wire. Whether a foreign tracker heeds a proxy nobody knows: the wire shows
it fronts that look like cloud and receiver. One that we start finds in its environment:

| variable | what |
|---|---|
| PORT | where it must listen |
| CLOUD_API_URL, CLOUD_LOGIN_URL | base URLs; with dialect seed those of the simplified API |
| CLOUD_CLIENT_ID, CLOUD_CLIENT_SECRET | client credentials for it |
| INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG, INFLUX_BUCKET | the time-series store |
| ALERT_URL | where alerts are posted as plain JSON |
| MAX_DWELL_SECONDS, MAX_BOUNCES | the limits of the experiment, in its own seconds, if it `heeds_limits` |
"""

import importlib.util
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from harness.breaking.cloud_control import order
from harness.children import evidence_folder, start_child
from harness.errors import BadInput
from harness.foreign import ForeignTracker, read_foreign
from harness.keeping.keeper import Holder
from harness.settings import RunSettings, TrackerSettings
from harness.world import Dialect, Receiver, Tracker, World

NAME = "tracker"
ORG, BUCKET = "deskstorm", "interactions"
SOURCES = ["aws.partner/genesys.com/"]
TSDB_DEADLINE_S = 5.0
RESTARTS = 5
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Place:
    """What is known of the tracker before it runs. `kept` holds its port, so that nobody takes it while it is down."""

    wanted: TrackerSettings
    receiver: Receiver
    url: str
    foreign: ForeignTracker | None
    kept: socket.socket | None

    def fronts(self, api: str, login: str) -> dict[str, int]:
        """What the wire stands in front of, for a foreign tracker: base URLs and the ports that it expects them at."""
        if self.foreign is None:
            return {}
        return {login: 0, api: self.foreign.cloud_port, self.receiver.url: self.foreign.receiver_port}

    @property
    def hosts(self) -> tuple[str, ...]:
        """Where the wire must lead to."""
        return urlsplit(self.receiver.url).netloc, urlsplit(self.url).netloc

    def close(self) -> None:
        """Let go of the port."""
        if self.kept is not None:
            self.kept.close()


def further_queues(settings: RunSettings) -> list[dict[str, Any]]:
    """Queues without agents, for calls that are to wait: `[{"id", "name", "staffed"}]`, the same for the same seed."""
    chance = Random(f"{settings.seed}:queues")
    count = settings.tracker.queues if settings.tracker else 0
    ids = [str(UUID(int=chance.getrandbits(128), version=4)) for _ in range(count)]
    return [{"id": id, "name": f"Waiting {place + 1}", "staffed": False} for place, id in enumerate(ids)]


def cloud_settings(settings: RunSettings) -> dict[str, Any]:
    """What the cloud is told besides, in a world with a tracker."""
    if settings.tracker is None:
        return {}
    return {"queues": further_queues(settings), "flow": True}


def prepare(settings: RunSettings, keeper: Holder) -> Place | None:
    """Start the receiver, and find a place for the tracker; None for an experiment without one."""
    if settings.tracker is None:
        return None
    foreign = read_foreign(settings.world_file)
    token = secrets.token_urlsafe(24)
    given = {"evidence": str(evidence_folder(keeper)), "token": token}
    kept = None if foreign and not foreign.command else _held_port(foreign.address if foreign else (LOOPBACK, 0))
    url = foreign.url if foreign else f"http://{LOOPBACK}:{kept.getsockname()[1] if kept else 0}"
    receiver = Receiver(str(start_child(keeper, "receiver", "simulator.receiver", given)["url"]), token)
    return Place(settings.tracker, receiver, url, foreign, kept)


def start(place: Place, settings: RunSettings, keeper: Holder, world: World, fronts: Mapping[str, str]) -> Tracker:
    """Start the tracker of a `world` whose cloud and wire are up, and let the cloud's events flow.

    `fronts` are where the wire stands in for what is at these base URLs.
    """
    assert world.wire is not None  # noqa: S101 - every world that is brought up has a wire
    tracker = _foreign(place, keeper, world, fronts) if place.foreign else _ours(place, settings, keeper, world)
    if world.control is not None:
        line = {"url": f"{tracker.url}/eventbridge", "proxy": world.wire.proxy, "dialect": tracker.dialect}
        order(world, "feed_events", **line, **({"token": tracker.token} if tracker.token else {}))
    return tracker


def is_trackers(defect: str | None) -> bool:
    """Whether it is the tracker that can have this defect."""
    return bool(defect) and importlib.util.find_spec(f"tracker.defects.{defect}") is not None


def _ours(place: Place, settings: RunSettings, keeper: Holder, world: World) -> Tracker:
    wanted, scale, token = place.wanted, world.time_scale, secrets.token_urlsafe(24)
    given = {
        "host": LOOPBACK,
        "port": urlsplit(place.url).port,
        "data": str(keeper.state / "tracker-data"),
        "queues": {"default": {"max_dwell_s": wanted.max_dwell_s * scale, "max_bounces": wanted.max_bounces}},
        "retention_s": wanted.retention_s * scale,
        "delivery": {"token_env": "TRACKER_TOKEN", "sources": SOURCES},
        "read_token_env": "TRACKER_TOKEN",
        "tsdb": {
            "url": place.receiver.url,
            "org": ORG,
            "bucket": BUCKET,
            "token_env": "TRACKER_STORE_TOKEN",
            "deadline_s": TSDB_DEADLINE_S * scale,
        },
        "alerts": [{"kind": kind, "url": sink(place.receiver, kind)} for kind in wanted.sinks],
        "alert_repeat_s": wanted.alert_repeat_s * scale,
        "cloud": {
            "api": world.api,
            "login": world.login,
            "client_id": world.client_id,
            "secret_env": "TRACKER_CLOUD_SECRET",
            "dialect": "genesys",
        },
        "proxy": world.wire.proxy if world.wire else None,
        "ca": world.wire.ca if world.wire and world.api.startswith("https:") else None,
        "life_line": True,
        "defect": settings.defect if is_trackers(settings.defect) else None,
    }
    env = {
        "TRACKER_TOKEN": token,
        "TRACKER_STORE_TOKEN": place.receiver.token,
        "TRACKER_CLOUD_SECRET": world.client_secret,
    }
    ready = start_child(keeper, NAME, "tracker", given, env, RESTARTS)
    limits = wanted.max_dwell_s, wanted.max_bounces
    return Tracker(str(ready["url"]), token, Dialect.GENESYS, True, True, *limits)


def _foreign(place: Place, keeper: Holder, world: World, fronts: Mapping[str, str]) -> Tracker:
    foreign = place.foreign
    assert foreign is not None  # noqa: S101 - asked by the caller
    if foreign.command:
        env = _environment(place, foreign, world, fronts)
        keeper.spawn(NAME, foreign.command, env=env, listens=foreign.address, restarts=RESTARTS)
    dwell_s, bounces = place.wanted.max_dwell_s, place.wanted.max_bounces
    if foreign.limits is not None:
        dwell_s, bounces = foreign.limits[0] / world.time_scale, foreign.limits[1]
    return Tracker(foreign.url, foreign.token, foreign.dialect, False, bool(foreign.command), dwell_s, bounces)


def _environment(place: Place, foreign: ForeignTracker, world: World, fronts: Mapping[str, str]) -> Mapping[str, str]:
    receiver = Receiver(fronts[place.receiver.url], place.receiver.token)
    legacy = "/legacy" if foreign.dialect is Dialect.SEED and world.control else ""
    found = {
        "PORT": str(foreign.address[1]),
        "CLOUD_API_URL": fronts[world.api] + legacy,
        "CLOUD_LOGIN_URL": fronts[world.login] + legacy,
        "CLOUD_CLIENT_ID": world.client_id,
        "CLOUD_CLIENT_SECRET": world.client_secret,
        "INFLUX_URL": receiver.url,
        "INFLUX_TOKEN": receiver.token,
        "INFLUX_ORG": ORG,
        "INFLUX_BUCKET": BUCKET,
        "ALERT_URL": sink(receiver, "generic"),
    }
    if foreign.limits is None:
        found["MAX_DWELL_SECONDS"] = f"{place.wanted.max_dwell_s * world.time_scale:g}"
        found["MAX_BOUNCES"] = str(place.wanted.max_bounces)
    token = {foreign.token_env: foreign.token} if foreign.token_env and foreign.token else {}
    return found | token


def sink(receiver: Receiver, kind: str) -> str:
    """The webhook of `receiver` that takes alerts of `kind`."""
    return f"{receiver.url}/alertmanager/api/v2/alerts" if kind == "alertmanager" else f"{receiver.url}/alerts/{kind}"


def _held_port(address: tuple[str, int]) -> socket.socket:
    """A bound socket that never listens: who wants the port by name gets it, and nobody gets it by chance."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        held.bind(address)
    except OSError as error:
        held.close()
        raise BadInput("tracker port", "a free port of this machine", f"{address[1]}: {error.strerror}") from None
    return held
