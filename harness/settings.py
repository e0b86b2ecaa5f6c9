"""What a run is asked to do, read once from Chaos Toolkit's configuration and the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from harness.errors import BadInput

# Wall-clock seconds a whole run may take before the keeper ends it, whatever the chaos process says.
LONGEST_RUN_S = 1800.0
VARIABLES = {"agents": "DESKSTORM_AGENTS", "time_scale": "DESKSTORM_TIME_SCALE", "seed": "DESKSTORM_SEED"}
SINKS = ("generic", "slack", "pagerduty", "alertmanager")


@dataclass(frozen=True)
class TrackerSettings:
    """The tracker of a run, in real-world seconds.

    `queues` counts those without agents, besides the one with agents; alerts go to each of `sinks`.
    """

    max_dwell_s: float = 300.0
    max_bounces: int = 3
    retention_s: float = 3600.0
    alert_repeat_s: float = 300.0
    queues: int = 2
    sinks: tuple[str, ...] = ("generic",)

    @classmethod
    def read(cls, given: Any) -> "TrackerSettings":
        """From the `tracker` of an experiment's extension; `BadInput` names the key that is off."""
        known = [item.name for item in fields(cls)]
        if not isinstance(given, Mapping) or set(given) - set(known):
            raise BadInput("extension tracker", f"an object with keys of {', '.join(known)}", given)

        def number(key: str, low: float, high: float) -> float:
            default = getattr(cls, key)
            return _number(f"tracker {key}", given.get(key, default), low, high, whole=isinstance(default, int))

        return cls(
            max_dwell_s=number("max_dwell_s", 1, 86_400),
            max_bounces=int(number("max_bounces", 0, 1000)),
            retention_s=number("retention_s", 1, 604_800),
            alert_repeat_s=number("alert_repeat_s", 1, 86_400),
            queues=int(number("queues", 0, 100)),
            sinks=_sinks(given.get("sinks", cls.sinks)),
        )


@dataclass(frozen=True)
class RunSettings:
    """One run. `world_file` names an org; without it the local world is started. `longest_s` is wall-clock seconds.

    `least_agents` is how many agents the experiment cannot do without; with `tracker` the world has one. With
    `sites` (1 or 2) the desktops live in as many network namespaces.
    """

    agents: int = 12
    time_scale: float = 0.1
    seed: int = 1
    defect: str | None = None
    world_file: Path | None = None
    sabotage: tuple[str, ...] = ()
    tls: bool = False
    cloud: Mapping[str, Any] = field(default_factory=dict)
    crowd: Mapping[str, Any] = field(default_factory=dict)
    runs: Path = Path("runs")
    longest_s: float = LONGEST_RUN_S
    least_agents: int = 1
    sites: int = 0
    tracker: TrackerSettings | None = None

    @classmethod
    def read(cls, configuration: Mapping[str, Any], extra: Mapping[str, Any]) -> "RunSettings":
        """From an experiment's resolved `configuration` and its `deskstorm` extension; `BadInput` names what is off."""

        def number(key: str, default: float, low: float, high: float) -> float:
            found = configuration.get(key, os.environ.get(VARIABLES[key], default))
            return _number(key, found, low, high, whole=isinstance(default, int))

        return cls(
            agents=int(number("agents", cls.agents, 1, 1000)),
            time_scale=number("time_scale", cls.time_scale, 0.02, 1.0),
            seed=int(number("seed", cls.seed, 0, 2**31)),
            defect=_name(configuration.get("defect") or os.environ.get("DESKSTORM_DEFECT")),
            world_file=_path(configuration.get("world") or os.environ.get("DESKSTORM_WORLD")),
            sabotage=_names(os.environ.get("DESKSTORM_SABOTAGE", "")),
            tls=os.environ.get("DESKSTORM_TLS", "") == "1",
            cloud=dict(extra.get("cloud", {})),
            crowd=dict(extra.get("crowd", {})),
            runs=runs_folder(),
            longest_s=_number("longest_wall_s", extra.get("longest_wall_s", LONGEST_RUN_S), 1, 86_400),
            least_agents=int(_number("least_agents", extra.get("least_agents", 1), 1, 1000, whole=True)),
            sites=_sites(extra.get("network")),
            tracker=None if extra.get("tracker") is None else TrackerSettings.read(extra["tracker"]),
        )


def runs_folder() -> Path:
    """Where runs are kept: DESKSTORM_RUNS, or `runs` in the working folder."""
    return Path(os.environ.get("DESKSTORM_RUNS", "runs"))


def _number(what: str, found: object, low: float, high: float, whole: bool = False) -> float:
    expected = f"a {'whole ' if whole else ''}number from {low:g} to {high:g}"
    try:
        number = float(str(found))
    except ValueError:
        raise BadInput(what, expected, found) from None
    if not low <= number <= high or (whole and number != int(number)):
        raise BadInput(what, expected, found)
    return number


def _sinks(found: object) -> tuple[str, ...]:
    if not isinstance(found, list | tuple) or not set(found) <= set(SINKS):
        raise BadInput("tracker sinks", f"a list of {', '.join(SINKS)}", found)
    return tuple(found)


def _sites(found: object) -> int:
    if found is None:
        return 0
    if not isinstance(found, Mapping) or set(found) != {"sites"}:
        raise BadInput("network", 'an object with the key sites: {"sites": 1}', found)
    if isinstance(found["sites"], bool) or found["sites"] not in (1, 2):
        raise BadInput("network sites", "1 or 2", found["sites"])
    return int(found["sites"])


def _name(found: object) -> str | None:
    return str(found).strip() or None if found else None


def _names(found: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in found.split(",") if name.strip())


def _path(found: object) -> Path | None:
    return Path(str(found)) if found else None
