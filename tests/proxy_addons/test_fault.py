"""What every fault builds on."""

import importlib
import pkgutil
from dataclasses import dataclass, fields

import pytest

import proxy_addons
from harness.errors import BadInput
from harness.evidence import read
from harness.scope import Scope
from proxy_addons.core.fault import Fault, NoParameters, Order, quantity, read_parameters
from proxy_addons.core.leases import NOT_FAULTS, discover
from proxy_addons.core.traffic import Traffic


@dataclass(frozen=True)
class Parameters:
    """One of each type."""

    delay_ms: float = quantity(1.5, "ms", "how long", 0, 10)
    count: int = quantity(1, "", "how many", 1, 3)
    execute: bool = quantity(False, "", "whether")
    reason: str = quantity("", "", "why")


def test_parameters_have_defaults_and_types() -> None:
    assert read_parameters("x", Parameters, {}) == Parameters()
    assert read_parameters("x", Parameters, {"delay_ms": 2, "reason": "r"}) == Parameters(delay_ms=2.0, reason="r")


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"delay_ms": 11}, "x delay_ms: expected at least 0 and at most 10 ms, found 11.0"),
        ({"count": 1.5}, "x count: expected a whole number, found 1.5"),
        ({"execute": 1}, "x execute: expected true or false, found 1"),
        ({"reason": None}, "x reason: expected text, found None"),
        ({"delay_s": 1}, "x parameter: expected one of count, delay_ms, execute, reason, found 'delay_s'"),
    ],
)
def test_wrong_parameters_are_refused_by_name(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_parameters("x", Parameters, given)
    assert str(refusal.value) == complaint


def dice(traffic: Traffic, seed: int) -> Fault[NoParameters]:
    return Fault(Order("one", "x", Scope(), 1, seed), NoParameters(), traffic)


def test_chance_does_not_depend_on_what_other_agents_do(traffic: Traffic) -> None:
    alone, among, other = dice(traffic, 1), dice(traffic, 1), dice(traffic, 2)
    first = [alone.chance("a").random() for _ in range(3)]
    second = []
    for _ in range(3):
        among.chance("b").random()
        second.append(among.chance("a").random())
    assert first == second
    assert first != [other.chance("a").random() for _ in range(3)]


def test_a_touch_is_counted_and_recorded(traffic: Traffic) -> None:
    fault = dice(traffic, 1)
    fault.touch("a", "something done")
    found = read(traffic.evidence.path.parent).of("fault.touched")
    assert fault.touched == 1
    assert [(e.agent, e["fault"], e["id"], e["what"]) for e in found] == [("a", "x", "one", "something done")]


def test_each_file_is_one_fault_that_bears_its_name() -> None:
    files = {module.name for module in pkgutil.iter_modules(proxy_addons.__path__)} - NOT_FAULTS
    faults = discover()
    assert set(faults) == files, "write one class per file, with name = the file's name"
    for name, kind in faults.items():
        assert kind.__module__ == f"proxy_addons.{name}"
        assert importlib.import_module(kind.__module__).__doc__


def test_every_parameter_says_its_unit_in_its_name() -> None:
    units = {"ms": "_ms", "s": "_s", "bytes/s": "_per_s", "bytes": "_bytes", "share": "", "": ""}
    for name, kind in discover().items():
        for item in fields(kind.parameters_type):
            ending = units[item.metadata["unit"]]
            assert item.name.endswith(ending), f"{name}: call {item.name} {item.name}{ending}"
            assert item.metadata["help"]
