"""The settings file of the wire."""

import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.errors import BadInput


@dataclass(frozen=True)
class Settings:
    """What one wire is started with.

    `hosts` are the upstreams it may talk to (`127.0.0.1:1234`), `upstream_ca` a certificate to trust there besides
    the usual ones, `confdir` the folder of its own throw-away CA. `sabotage` names faults that shall do nothing; names
    that are no faults of the wire are of no matter here. `listen` are addresses to listen on besides 127.0.0.1. For
    each base URL of `fronts` the wire also listens at a port of 127.0.0.1 (0: any) as if it were that very upstream.
    """

    evidence: Path
    control_token: str
    confdir: Path
    hosts: frozenset[str]
    upstream_ca: Path | None = None
    time_scale: float = 1.0
    seed: int = 0
    sabotage: frozenset[str] = frozenset()
    listen: frozenset[str] = frozenset()
    fronts: dict[str, int] = field(default_factory=dict)


def read_settings(path: Path) -> Settings:
    """Read and check the file; `BadInput` names what is wrong with it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"settings {path}", "a JSON file that can be read", str(error)) from None
    if not isinstance(found, dict):
        raise BadInput(f"settings {path}", "an object", found)
    known = {item.name for item in fields(Settings)}
    if unknown := set(found) - known:
        raise BadInput("settings", f"keys of {sorted(known)}", sorted(unknown))
    if missing := {"evidence", "control_token", "confdir", "hosts"} - set(found):
        raise BadInput("settings", "all required keys", f"no {', '.join(sorted(missing))}")
    return Settings(
        evidence=Path(_text(found, "evidence")),
        control_token=_text(found, "control_token"),
        confdir=Path(_text(found, "confdir")),
        hosts=_names(found, "hosts"),
        upstream_ca=Path(_text(found, "upstream_ca")) if found.get("upstream_ca") is not None else None,
        time_scale=_number(found, "time_scale", 1.0),
        seed=int(_number(found, "seed", 0)),
        sabotage=_names(found, "sabotage"),
        listen=_names(found, "listen"),
        fronts=_ports(found, "fronts"),
    )


def _text(found: dict[str, Any], key: str) -> str:
    if not isinstance(found[key], str) or not found[key]:
        raise BadInput(f"settings {key}", "non-empty text", found[key])
    return str(found[key])


def _number(found: dict[str, Any], key: str, default: float) -> float:
    value = found.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"settings {key}", "a number", value)
    return value


def _ports(found: dict[str, Any], key: str) -> dict[str, int]:
    value = found.get(key, {})
    if not isinstance(value, dict) or not all(type(port) is int for port in value.values()):
        raise BadInput(f"settings {key}", "an object of base URLs and ports", value)
    return dict(value)


def _names(found: dict[str, Any], key: str) -> frozenset[str]:
    value = found.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadInput(f"settings {key}", "a list of texts", value)
    return frozenset(value)
