"""What an experiment needs of this machine's network, and whether the machine has it: by the experiment's own words.

A network fault says what it needs in its module: `NEEDS = ("netem",)`, names of harness.network.ability; and what more
with an argument that is given: `NEEDS_WITH = {"drop_connections": ("ss_kill",)}`.
"""

import importlib
import inspect
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from harness import netlab
from harness.errors import BadInput
from harness.network.ability import abilities
from harness.network.meant import over_ifb
from harness.network.place import Way
from harness.plan import INJECTION

ANY = ("root", "tools")
SITES = (*ANY, "veth")
NETEM = "netem"
NOTHING: Mapping[str, Any] = MappingProxyType({})


def needs_of(experiment: Mapping[str, Any], sites: bool | None = None) -> tuple[str, ...]:
    """The abilities that `experiment` cannot do without; none if it leaves the network alone. `sites` is whether its
    desktops will live in some, by default what it says itself."""
    if sites is None:
        sites = any(one.get("name") == "deskstorm" and one.get("network") for one in experiment.get("extensions", ()))
    by_faults = [need for module, given in _injections(experiment) for need in needs_of_fault(module, given)]
    return tuple(dict.fromkeys((*(SITES if sites else ()), *by_faults)))


def needs_of_fault(module: ModuleType, given: Mapping[str, Any] = NOTHING) -> tuple[str, ...]:
    """The abilities that the network fault of an action's `module` cannot do without, with the arguments `given`."""
    needs = tuple(getattr(module, "NEEDS", ()))
    for argument, more in needs_with(module).items():
        needs += more if given.get(argument) else ()
    chosen = tuple(Way) if given.get("direction") != Way.FROM_DESKTOPS else (Way.FROM_DESKTOPS,)
    return (*ANY, *needs, *over_ifb(needs, chosen, _at_interface(given)))


def needs_with(module: ModuleType) -> dict[str, tuple[str, ...]]:
    """What a network fault needs besides, by the argument with which it does."""
    return dict(getattr(module, "NEEDS_WITH", {}))


def why_not(needs: tuple[str, ...]) -> str:
    """Why this machine does not have all of `needs`, and how to get them, in one line; empty if it does."""
    if not needs:
        return ""
    found = abilities()
    return next((f"{need}: {found[need]}" for need in needs if found[need]), "")


def why_impossible(experiment: Path) -> str:
    """Why this machine cannot run the experiment in that file; empty if it can."""
    return why_not(needs_of(json.loads(experiment.read_text())))


def better_in_lab(experiment: Path) -> bool:
    """Whether all that this machine lacks for the experiment is `sch_netem`, and it can boot a lab that has it."""
    needs = needs_of(json.loads(experiment.read_text()))
    others = tuple(need for need in needs if need != NETEM)
    return NETEM in needs and bool(why_not((NETEM,))) and not why_not(others) and not netlab.missing()


def require_sites() -> None:
    """`BadInput` with the cure if desktops cannot be put into network namespaces here."""
    if why := why_not(SITES):
        raise BadInput("network sites on this machine", "network namespaces joined by veth", why)


def aimed_at_interfaces(experiment: Mapping[str, Any]) -> bool:
    """Whether all of its network faults name an interface, so that it can do without sites."""
    found = [_at_interface(arguments) for _, arguments in _injections(experiment)]
    return bool(found) and all(found)


def _at_interface(arguments: Mapping[str, Any]) -> bool:
    aim = arguments.get("on")
    return isinstance(aim, Mapping) and bool(aim.get("interface"))


def _injections(experiment: Mapping[str, Any]) -> Iterator[tuple[ModuleType, Mapping[str, Any]]]:
    """The module and the arguments of each network fault that the method injects: of those that can be given `on`."""
    for activity in experiment.get("method", ()):
        provider = activity.get("provider", {})
        name = str(provider.get("func", ""))
        if provider.get("type") != "python" or not INJECTION.match(name):
            continue
        try:
            module = importlib.import_module(str(provider["module"]))
            takes = inspect.signature(getattr(module, name)).parameters
        except (ImportError, AttributeError):
            continue  # Chaos Toolkit will say so
        if "on" in takes:
            yield module, provider.get("arguments") or {}
