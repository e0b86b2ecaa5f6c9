"""The world file that a person writes for a real org (or for any cloud that somebody else started).

```json
{"region": "mypurecloud.ie",
 "client_id_env": "GENESYS_CLIENT_ID", "client_secret_env": "GENESYS_CLIENT_SECRET",
 "desktop_client_id": "...", "queue_id": "...",
 "agents": [{"id": "...", "name": "Test agent 1", "refresh_token_env": "AGENT_1_REFRESH_TOKEN"}],
 "canary": {"id": "...", "name": "Canary", "refresh_token_env": "CANARY_REFRESH_TOKEN"}}
```
Instead of `region`, `api`, `login` and `streaming` may be given as base URLs. `ca` names a certificate file to trust,
`time_scale` is 1 unless the cloud runs faster, `tracker` is what harness.foreign says.
Secrets come from the environment alone; the file holds their names.

The agents log in and go On Queue for the run. Afterwards they have the presence and the message from before it again;
who was Offline is Available until the platform misses the connection.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.errors import BadInput
from harness.world import Agent
from harness.world_file import read_world_file

REQUIRED = ("desktop_client_id", "queue_id", "agents", "canary")
OPTIONAL = (
    "region",
    "api",
    "login",
    "streaming",
    "client_id_env",
    "client_secret_env",
    "ca",
    "time_scale",
    "crowd",
    "tracker",
)
REGION = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


@dataclass(frozen=True)
class Org:
    """A cloud that is not ours, with the credentials of its test clients."""

    api: str
    login: str
    hosts: tuple[str, ...]
    client_id: str
    client_secret: str
    desktop_client_id: str
    queue_id: str
    agents: tuple[Agent, ...]
    canary: Agent
    ca: str | None
    time_scale: float
    crowd: bool


def read_org(path: Path, environment: Mapping[str, str] | None = None) -> Org:
    """Read and check a world file; every fault in it is a `BadInput` that names the key and the file."""
    given = read_world_file(path)
    where = f"world file {path}"
    unknown = sorted(set(given) - set(REQUIRED) - set(OPTIONAL))
    if unknown:
        raise BadInput(where, f"only the keys {', '.join(REQUIRED + OPTIONAL)}", unknown)
    missing = [key for key in REQUIRED if not given.get(key)]
    if missing:
        raise BadInput(where, f"values for {', '.join(REQUIRED)}", f"nothing for {', '.join(missing)}")
    secrets = os.environ if environment is None else environment
    api, login, streaming = _addresses(where, given)
    agents = _agents(where, given["agents"], secrets)
    return Org(
        api=api,
        login=login,
        hosts=tuple(dict.fromkeys(_host(where, url) for url in (api, login, streaming))),
        client_id=_secret(where, str(given.get("client_id_env", "GENESYS_CLIENT_ID")), secrets),
        client_secret=_secret(where, str(given.get("client_secret_env", "GENESYS_CLIENT_SECRET")), secrets),
        desktop_client_id=str(given["desktop_client_id"]),
        queue_id=str(given["queue_id"]),
        agents=agents,
        canary=_agents(where, [given["canary"]], secrets)[0],
        ca=_readable(where, given.get("ca")),
        time_scale=_time_scale(where, given.get("time_scale", 1.0)),
        crowd=bool(given.get("crowd", True)),
    )


def _addresses(where: str, given: dict[str, Any]) -> tuple[str, str, str]:
    region = given.get("region")
    if region is None:
        if not given.get("api"):
            raise BadInput(where, "a region, or base URLs for api and login", "neither")
        api = str(given["api"]).rstrip("/")
        login = str(given.get("login", api)).rstrip("/")
        return api, login, str(given.get("streaming", api)).rstrip("/")
    if not REGION.fullmatch(str(region)):
        raise BadInput(where, "a region such as mypurecloud.ie", region)
    return f"https://api.{region}", f"https://login.{region}", f"wss://streaming.{region}"


def _host(where: str, url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
        raise BadInput(where, "addresses such as https://api.mypurecloud.ie", url)
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    return f"{parts.hostname}:{port}"


def _agents(where: str, found: object, secrets: Mapping[str, str]) -> tuple[Agent, ...]:
    if not isinstance(found, list) or not found:
        raise BadInput(where, "agents as a list with at least one test agent", found)
    agents = []
    for agent in found:
        if not isinstance(agent, dict) or not agent.get("id") or not agent.get("refresh_token_env"):
            raise BadInput(where, "agents with an id and a refresh_token_env", agent)
        token = _secret(where, str(agent["refresh_token_env"]), secrets)
        agents.append(Agent(str(agent["id"]), str(agent.get("name", agent["id"])), token))
    return tuple(agents)


def _secret(where: str, name: str, secrets: Mapping[str, str]) -> str:
    if not secrets.get(name):
        raise BadInput(where, f"the environment variable {name} to be set", "nothing")
    return secrets[name]


def _readable(where: str, ca: object) -> str | None:
    if ca is None:
        return None
    if not Path(str(ca)).is_file():
        raise BadInput(where, "a certificate file for ca", ca)
    return str(ca)


def _time_scale(where: str, found: object) -> float:
    if not isinstance(found, int | float) or not 0.02 <= found <= 1:
        raise BadInput(where, "a time_scale from 0.02 to 1", found)
    return float(found)
