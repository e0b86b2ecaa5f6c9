"""A world around a cloud under test: what a world file would say of it."""

from pathlib import Path
from typing import Any

from harness.world import Agent, World, WorldKind
from tests.simulator.cloud.conftest import AGENTS, CLIENT_ID, CLIENT_SECRET, DESKTOP_CLIENT_ID, QUEUE_ID, CloudProcess


def agent_number(number: int) -> Agent:
    """One of the agents that the cloud has."""
    given = AGENTS[number]
    return Agent(given.id, given.name, given.refresh_token)


def world_of(cloud: CloudProcess, folder: Path, **changes: Any) -> World:
    """Three agents and a canary in `cloud`; `changes` replace values."""
    given: dict[str, Any] = {
        "kind": WorldKind.ORG,
        "run": "test",
        "folder": str(folder),
        "keeper_socket": "",
        "api": cloud.api,
        "login": cloud.api,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "desktop_client_id": DESKTOP_CLIENT_ID,
        "agents": tuple(agent_number(number) for number in range(3)),
        "canary": agent_number(3),
        "queue_id": QUEUE_ID,
        "time_scale": cloud.settings["time_scale"],
        "seed": 1,
        "ca": cloud.ready["ca"],
    }
    return World(**{**given, **changes})


def world_at(api: str, login: str, **changes: Any) -> World:
    """An org of which only the addresses matter, and `changes`."""
    return World(**{**PLAIN, "api": api, "login": login, **changes})


PLAIN: dict[str, Any] = {
    "kind": WorldKind.ORG,
    "run": "test",
    "keeper_socket": "",
    "client_id": "id",
    "client_secret": "secret-of-a-test",
    "desktop_client_id": "",
    "agents": (),
    "canary": None,
    "queue_id": "",
    "seed": 1,
    "folder": "",
    "time_scale": 1.0,
}
