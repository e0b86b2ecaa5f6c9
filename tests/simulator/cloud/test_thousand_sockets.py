"""A thousand sockets in one cloud process: all hear their heartbeats, and it stays small."""

import asyncio
import json
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.simulator.cloud.conftest import DESKTOP_CLIENT_ID, CloudProcess, StartCloud

pytestmark = pytest.mark.world

CHANNELS = "/api/v2/notifications/channels"
AGENTS = 50
MANY = AGENTS * 20


def resident_kib(pid: int) -> int:
    """The memory of a process."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS:"))


async def opened(cloud: CloudProcess, agent: dict[str, Any]) -> list[ClientConnection]:
    """Twenty sockets of one agent, as many as it may have."""
    form = {"grant_type": "refresh_token", "client_id": DESKTOP_CLIENT_ID, "refresh_token": agent["refresh_token"]}
    async with httpx.AsyncClient(base_url=cloud.api, trust_env=False, timeout=60) as client:
        token = (await client.post("/oauth/token", data=form)).json()["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        uris = [(await client.post(CHANNELS, headers=headers)).json()["connectUri"] for _ in range(20)]
    return [await connect(uri, proxy=None, compression=None, ping_interval=None) for uri in uris]


async def heartbeat(socket: ClientConnection) -> bool:
    """Whether a heartbeat comes."""
    while True:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if message["eventBody"] == {"message": "WebSocket Heartbeat"}:
            return True


def test_a_thousand_sockets_hear_their_heartbeats_within_100_mib(start_cloud: StartCloud) -> None:
    agents = [{"id": f"agent-{n}", "name": f"Agent {n}", "refresh_token": f"refresh-{n}"} for n in range(AGENTS)]
    cloud = start_cloud(agents=agents, time_scale=0.1)
    before = resident_kib(cloud.process.pid)

    async def story() -> int:
        sockets = list(chain.from_iterable(await asyncio.gather(*(opened(cloud, agent) for agent in agents))))
        heard = await asyncio.gather(*(heartbeat(socket) for socket in sockets))
        after = resident_kib(cloud.process.pid)
        assert sum(heard) == MANY
        assert len(cloud.state()["sockets"]) == MANY
        await asyncio.gather(*(socket.close() for socket in sockets))
        return after

    after = asyncio.run(story())
    assert after - before < 100 * 1024, f"{before} -> {after} KiB"
