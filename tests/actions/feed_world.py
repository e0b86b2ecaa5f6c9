"""A small world for faults on deliveries: a keeper, a wire, and a receiver behind it; no cloud and no desktops."""

import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from harness import runtime
from harness.breaking.deliveries import Deliveries, Trial
from harness.keeping.keeper import Holder, start_keeper
from harness.start import Started
from harness.waiting import until
from harness.world import Agent, Receiver, Wire, World, WorldKind
from tests.actions.conftest import Live

SCALE = 0.1
EVERY = ("events_duplicated", "events_late", "events_malformed", "events_reordered")
OUTAGES = ("alert_sink_down", "tsdb_down", "tsdb_slow")


def _spawn(keeper: Holder, name: str, module: str, **settings: Any) -> dict[str, Any]:
    path = keeper.state / f"{name}.json"
    path.write_text(json.dumps({"evidence": str(keeper.folder / "evidence"), **settings}))
    return keeper.spawn(name, [sys.executable, "-m", module, "--settings", str(path)])


def _world(keeper: Holder, sabotage: list[str]) -> World:
    token, control = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    receiver = Receiver(_spawn(keeper, "receiver", "simulator.receiver", token=token)["url"], token)
    hosts = [urlsplit(receiver.url).netloc]
    confdir = str(keeper.state / "wire")
    given = {"control_token": control, "confdir": confdir, "hosts": hosts, "seed": 1, "sabotage": sabotage}
    ready = _spawn(keeper, "wire", "proxy_addons", **given)
    return World(
        kind=WorldKind.LOCAL,
        run=keeper.run,
        folder=str(keeper.folder),
        keeper_socket=str(keeper.socket),
        api="http://127.0.0.1:9",
        login="http://127.0.0.1:9",
        client_id="",
        client_secret="",
        desktop_client_id="",
        agents=(),
        canary=Agent("canary", "Canary", "refresh token of the canary"),
        queue_id="queue",
        time_scale=SCALE,
        seed=1,
        wire=Wire(ready["proxy"], ready["control_host"], ready["control_port"], control, ready["ca"]),
        receiver=receiver,
    )


def _live(sabotage: list[str]) -> Iterator[Live]:
    with tempfile.TemporaryDirectory(prefix="feed-") as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKSTORM_STATE", f"{name}/state")
        folder = Path(name) / f"feed-{os.getpid()}"
        evidence = runtime.evidence_of(folder / "evidence")
        keeper = start_keeper(folder)
        try:
            keeper.hold_run(600.0, lambda reason: None)
            world = _world(keeper, sabotage)
            path = keeper.state / "world.json"
            world.write(path)
            yield Live(Started(world, path, keeper, frozenset(), []), {runtime.WORLD_KEY: str(path)})
        finally:
            keeper.finish()
            evidence.close()


@pytest.fixture(scope="module")
def feed() -> Iterator[Live]:
    """The world with a wire that does as it is told."""
    yield from _live([])


@pytest.fixture(scope="module")
def idle_feed() -> Iterator[Live]:
    """The world with a wire whose faults on deliveries silently do nothing."""
    yield from _live([*EVERY, *OUTAGES])


def trial(live: Live, kind: str) -> Trial:
    """What becomes of eight deliveries that are not the proof's."""
    with Deliveries(live.world, kind) as other:
        return other.try_out()


def comes_to_normal(live: Live, kind: str) -> bool:
    """Whether of some trial each delivery came once, whole and in order: on a busy machine, one that was sent 20 ms
    later may overtake by itself."""

    def is_normal() -> bool:
        found = trial(live, kind)
        return list(found.arrived) == [one.number for one in found.sent]

    return until(is_normal, "deliveries to be normal", 20)


def post(live: Live, path: str) -> httpx.Response:
    """One POST through the wire to the receiver itself."""
    assert live.world.wire is not None and live.world.receiver is not None
    with httpx.Client(proxy=live.world.wire.proxy, trust_env=False) as client:
        return client.post(f"{live.world.receiver.url}{path}", json={})
