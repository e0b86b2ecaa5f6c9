"""What can be broken, and what can be done to the world: one file per fault or deed, found by walking the folder."""

import importlib
import pkgutil
from importlib.metadata import PackageNotFoundError, version

from chaoslib.discovery import discover_actions, discover_probes, initialize_discovery_result
from chaoslib.types import Discovery

DISTRIBUTION = "chaostoolkit-deskstorm"


def discover(discover_system: bool = True) -> Discovery:
    """Every action and probe with its help and parameters, for `chaos discover chaostoolkit-deskstorm --no-install`."""
    discovery = initialize_discovery_result(DISTRIBUTION, _version(), "genesys-cloud")
    for module in _units("actions"):
        discovery["activities"].extend(discover_actions(module))
    for module in _units("probes"):
        discovery["activities"].extend(discover_probes(module))
    return discovery


def _units(package: str) -> list[str]:
    """The modules of `package` that hold activities, by their full names."""
    found = pkgutil.iter_modules(importlib.import_module(package).__path__)
    return sorted(f"{package}.{unit.name}" for unit in found if not unit.name.startswith("_"))


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "0"
