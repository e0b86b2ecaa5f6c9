"""What an experiment needs of the machine is read from its own words, and refused by name where it is not there."""

import importlib
import inspect
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from harness.network.ability import abilities
from harness.network.needs import (
    SITES,
    aimed_at_interfaces,
    needs_of,
    needs_of_fault,
    require_sites,
    why_impossible,
    why_not,
)

ROOT = Path(__file__).parents[3]
UNPRIVILEGED = ("unshare", "--user")
WHY = """
import json, pathlib, sys
from harness.network.needs import SITES, require_sites, why_impossible, why_not
from harness.errors import BadInput
print(why_not(SITES))
print(why_impossible(pathlib.Path(sys.argv[1])))
try:
    require_sites()
except BadInput as refusal:
    print(refusal)
"""


def injects(fault: str, **arguments: Any) -> dict[str, Any]:
    provider = {"type": "python", "module": f"actions.{fault}", "func": f"inject_{fault}", "arguments": arguments}
    return {"type": "action", "name": fault, "provider": provider}


def experiment(*activities: dict[str, Any], **extension: Any) -> dict[str, Any]:
    return {"method": list(activities), "extensions": [{"name": "deskstorm", **extension}]}


def network_faults() -> Iterator[ModuleType]:
    for path in sorted((ROOT / "actions").glob("[!_]*.py")):
        module = importlib.import_module(f"actions.{path.stem}")
        injection = getattr(module, f"inject_{path.stem}", None)
        if injection and "on" in inspect.signature(injection).parameters:
            yield module


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        (experiment(), ()),
        (experiment(injects("api_latency", delay_ms=5)), ()),
        (experiment(injects("api_latency"), network={"sites": 1}), ("root", "tools", "veth")),
        (experiment(injects("bandwidth"), network={"sites": 1}), ("root", "tools", "veth", "htb")),
        (experiment(injects("packet_loss", on={"interface": "eth0"})), ("root", "tools", "htb", "netem", "ifb")),
        (
            experiment(injects("bandwidth", on={"interface": "eth0"}, direction="from_desktops")),
            ("root", "tools", "htb"),
        ),
        (experiment(injects("blackhole", on={"interface": "eth0"})), ("root", "tools", "nft")),
        (experiment(injects("link_down", drop_connections=True)), ("root", "tools", "veth", "ss_kill")),
        (experiment(injects("link_down", drop_connections=False)), ("root", "tools", "veth")),
        (experiment(injects("no_such_fault")), ()),
        ({"method": [{"ref": "something else"}]}, ()),
    ],
)
def test_an_experiment_needs_what_its_sites_and_its_faults_need(given: dict[str, Any], needs: tuple[str, ...]) -> None:
    assert needs_of(given) == needs


def test_every_network_fault_says_what_it_needs_of_the_machine() -> None:
    known = set(abilities())
    complaints = [
        f"actions/{module.__name__.rpartition('.')[2]}.py: add NEEDS = (...), some of {sorted(known)}"
        for module in network_faults()
        if not hasattr(module, "NEEDS") or not set(needs_of_fault(module)) <= known
    ]
    assert complaints == [], "; ".join(complaints)


@pytest.mark.parametrize(
    ("given", "aimed"),
    [
        (experiment(injects("bandwidth", on={"interface": "eth0"})), True),
        (experiment(injects("bandwidth", on={"interface": "eth0"}), injects("api_latency")), True),
        (experiment(injects("bandwidth", on={"interface": "eth0"}), injects("bandwidth")), False),
        (experiment(injects("bandwidth", on={"site": "a"})), False),
        (experiment(injects("bandwidth", on="${on}")), False),
        (experiment(injects("api_latency")), False),
    ],
)
def test_an_experiment_does_without_sites_if_each_network_fault_names_an_interface(
    given: dict[str, Any], aimed: bool
) -> None:
    assert aimed_at_interfaces(given) is aimed


def test_who_needs_nothing_is_never_refused() -> None:
    assert why_not(()) == ""


@pytest.mark.world
def test_this_machine_can_have_sites() -> None:
    assert why_not(SITES) == ""
    require_sites()


@pytest.mark.world
def test_without_root_the_reason_and_the_cure_are_said_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "sited.json"
    path.write_text(json.dumps(experiment(network={"sites": 1})))
    argv = [*UNPRIVILEGED, sys.executable, "-c", WHY, str(path)]
    found = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    reason = "root: user 65534 may not change networks; run it as root (sudo)"
    assert found == [
        reason,
        reason,
        f"network sites on this machine: expected network namespaces joined by veth, found {reason!r}",
    ]


def test_what_a_fault_needs_is_looked_up_for_an_experiment_on_disk(tmp_path: Path) -> None:
    path = tmp_path / "lossy.json"
    path.write_text(json.dumps(experiment(injects("packet_loss"), network={"sites": 1})))
    assert why_impossible(path) == why_not((*SITES, "htb", "netem"))
