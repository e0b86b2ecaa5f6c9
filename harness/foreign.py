"""A tracker that somebody else wrote, as a world file names it.

```json
{"tracker": {"url": "http://127.0.0.1:8080", "dialect": "seed", "token_env": "TRACKER_TOKEN",
             "command": ["./tracker"], "cloud_port": 9100, "receiver_port": 9101,
             "heeds_limits": true}}
```
Only `url` is needed. `dialect` is genesys or seed (simplified events of queues); deliveries and questions carry the
token of `token_env`, if it is named. With `command` it is started for the run, on the port of `url`, and told in its
environment what is where (harness.start_tracker); then it can be killed and paused. Else it runs already, and
`cloud_port` and `receiver_port` are where it may expect the cloud and what takes points and alerts, both behind the
wire. `max_dwell_s` (its own seconds) and `max_bounces` are the limits that it has, if not 300 and 3, started by us or
not. One that is started and `heeds_limits` takes those of the experiment from MAX_DWELL_SECONDS and MAX_BOUNCES in its
environment, which no other finds there.

A world file that says nothing but this means a local world around that tracker.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.errors import BadInput
from harness.world import Dialect
from harness.world_file import read_world_file

# As in the widely copied tutorial.
MAX_DWELL_S, MAX_BOUNCES = 300.0, 3
LIMITS = ("max_dwell_s", "max_bounces")
KEYS = ("url", "dialect", "token_env", "command", "cloud_port", "receiver_port", "heeds_limits", *LIMITS)


@dataclass(frozen=True)
class ForeignTracker:
    """What the world file says of it; ports are 0 where any will do, limits (its own seconds) None where it heeds
    those of the experiment."""

    url: str
    dialect: Dialect
    token_env: str | None
    token: str | None
    command: tuple[str, ...]
    cloud_port: int
    receiver_port: int
    limits: tuple[float, int] | None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of `url`."""
        parts = urlsplit(self.url)
        return str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80)


def names_org(path: Path | None) -> bool:
    """Whether the world file names a cloud, not only a tracker."""
    return path is not None and set(read_world_file(path)) != {"tracker"}


def read_foreign(path: Path | None, environment: Mapping[str, str] | None = None) -> ForeignTracker | None:
    """The tracker that the world file names, if it does; what is wrong with it is a `BadInput` that names the key."""
    given = None if path is None else read_world_file(path).get("tracker")
    if given is None:
        return None
    where = f"world file {path}: tracker"
    if not isinstance(given, dict) or not given.get("url"):
        raise BadInput(where, "an object with a url", given)
    if unknown := sorted(set(given) - set(KEYS)):
        raise BadInput(where, f"only the keys {', '.join(KEYS)}", unknown)
    name = given.get("token_env")
    secrets = os.environ if environment is None else environment
    if name is not None and not secrets.get(str(name)):
        raise BadInput(f"{where}: token_env", f"the environment variable {name} to be set", "nothing")
    return ForeignTracker(
        url=_url(where, given["url"]),
        dialect=_dialect(where, given.get("dialect", "genesys")),
        token_env=name,
        token=None if name is None else secrets[str(name)],
        command=_command(where, given.get("command", [])),
        cloud_port=int(_number(where, given, "cloud_port", 0, 65_535) or 0),
        receiver_port=int(_number(where, given, "receiver_port", 0, 65_535) or 0),
        limits=None if _heeds(where, given) else _limits(where, given),
    )


def _url(where: str, found: object) -> str:
    try:
        parts = urlsplit(str(found))
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise BadInput(f"{where}: url", "an address such as http://127.0.0.1:8080", found)
    return str(found).rstrip("/")


def _dialect(where: str, found: object) -> Dialect:
    if found not in list(Dialect):
        raise BadInput(f"{where}: dialect", f"one of {', '.join(Dialect)}", found)
    return Dialect(str(found))


def _command(where: str, found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(word, str) and word for word in found):
        raise BadInput(f"{where}: command", "a list of words, the program first", found)
    return tuple(found)


def _number(where: str, given: Mapping[str, Any], key: str, low: float, high: float) -> float | None:
    found = given.get(key)
    if found is None:
        return None
    whole = key != "max_dwell_s"
    if isinstance(found, bool) or not isinstance(found, int if whole else int | float) or not low <= found <= high:
        raise BadInput(f"{where}: {key}", f"a {'whole ' if whole else ''}number from {low:g} to {high:g}", found)
    return found


def _limits(where: str, given: Mapping[str, Any]) -> tuple[float, int]:
    dwell_s, bounces = _number(where, given, "max_dwell_s", 0.01, 86_400), _number(where, given, "max_bounces", 0, 1000)
    return MAX_DWELL_S if dwell_s is None else dwell_s, MAX_BOUNCES if bounces is None else int(bounces)


def _heeds(where: str, given: Mapping[str, Any]) -> bool:
    found = given.get("heeds_limits", False)
    if not isinstance(found, bool):
        raise BadInput(f"{where}: heeds_limits", "true or false", found)
    if found and (not given.get("command") or set(given) & set(LIMITS)):
        raise BadInput(f"{where}: heeds_limits", "a command, and no limits of its own", sorted(given))
    return found
