"""tc, pure: the tree of qdiscs that several faults on one interface need, and what `tc -s -j` says is there.

The tree is `htb d5:` with one class for each combination of targets, in it netem and below that tbf. What no filter
matches leaves htb directly, unshaped.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from harness.errors import BadInput
from harness.network.shape import Shape, burst_of, netem, tbf, together
from harness.network.target import Clause, Target, common

HANDLE = "d5:"
INGRESS = "ffff:"
UNLIMITED = "rate 10gbit burst 10mb quantum 60000"
MOST_TARGETS = 3
# tc keeps shares in 32 bits and times in ticks of 64 ns; bursts are rounded to what the rate makes of such ticks.
NEAR = 0.01
FAMILY_NAMES = {"ip": "ip", "ip6": "ipv6"}


@dataclass(frozen=True)
class Part:
    """One fault's share in the tree of an interface."""

    target: Target
    shape: Shape


@dataclass(frozen=True)
class Class:
    """One class of the tree: packets that match one of `clauses`, and no class before, suffer `shape`."""

    number: int
    clauses: tuple[Clause, ...]
    shape: Shape

    @property
    def id(self) -> str:
        """Its class id."""
        return f"{HANDLE}{self.number:x}"

    @property
    def netem(self) -> str:
        """The handle of its netem."""
        return f"d5{self.number:02x}:"

    @property
    def tbf(self) -> str:
        """The handle of its tbf."""
        return f"d6{self.number:02x}:"


@dataclass(frozen=True)
class Qdisc:
    """One qdisc as `tc -s -j qdisc show` has it."""

    kind: str
    handle: str
    parent: str
    root: bool
    options: dict[str, Any]
    packets: int
    bytes: int
    drops: int

    @property
    def kernels_own(self) -> bool:
        """Whether it is the kernel's default; nobody put it there, and it is back when another is taken away."""
        return self.handle == "0:"


def classes(parts: Sequence[Part], outgoing: bool) -> list[Class]:
    """The classes for `parts`, the most special first; `BadInput` for more targets than can be told apart."""
    targets = list(dict.fromkeys(part.target for part in parts))
    if len(targets) > MOST_TARGETS:
        raise BadInput("faults on one interface", f"at most {MOST_TARGETS} different targets", len(targets))
    groups = [group for size in range(len(targets), 0, -1) for group in combinations(targets, size)]
    whole = Target()
    if whole in targets:
        groups = [group for group in groups if whole in group]
    found: list[Class] = []
    for group in groups:
        shape = together(tuple(part.shape for part in parts if part.target in group))
        found.append(Class(len(found) + 1, tuple(common(group, outgoing)), shape))
    return [one for one in found if one.clauses]


def build(interface: str, wanted: Sequence[Class]) -> list[str]:
    """The lines for `tc -batch` that put the tree on an interface without one."""
    if not wanted:
        return []
    lines = [f"qdisc add dev {interface} root handle {HANDLE} htb"]
    for one in wanted:
        lines += _leaf(interface, one)
    return lines + [
        f"filter add dev {interface} parent {HANDLE} protocol {FAMILY_NAMES[clause.family]} prio {prio} "
        f"u32 {' '.join(clause.words)} flowid {one.id}"
        for one in wanted
        for prio, clause in _numbered(one)
    ]


def remove(interface: str) -> list[str]:
    """The line that takes the tree off."""
    return [f"qdisc del dev {interface} root handle {HANDLE}"]


def redirect(interface: str, to: str, clauses: Sequence[Clause]) -> list[str]:
    """The lines that lead what comes in on `interface` and matches over the ifb `to`."""
    lines = [f"qdisc add dev {interface} handle {INGRESS} ingress"]
    return lines + [
        f"filter add dev {interface} parent {INGRESS} protocol {FAMILY_NAMES[clause.family]} "
        f"prio {1 + (clause.family == 'ip6')} u32 {' '.join(clause.words)} action mirred egress redirect dev {to}"
        for clause in clauses
    ]


def remove_redirect(interface: str) -> list[str]:
    """The line that ends that."""
    return [f"qdisc del dev {interface} handle {INGRESS} ingress"]


def qdiscs(text: str) -> list[Qdisc]:
    """What `tc -s -j qdisc show dev X` printed."""
    return [
        Qdisc(
            kind=str(one["kind"]),
            handle=str(one["handle"]),
            parent=str(one.get("parent", "")),
            root=bool(one.get("root", False)),
            options=dict(one.get("options", {})),
            packets=int(one.get("packets", 0)),
            bytes=int(one.get("bytes", 0)),
            drops=int(one.get("drops", 0)),
        )
        for one in json.loads(text or "[]")
    ]


def ours(found: Sequence[Qdisc]) -> list[Qdisc]:
    """Those of the tree."""
    return [one for one in found if one.handle == HANDLE or (one.handle[:2] in ("d5", "d6") and len(one.handle) == 5)]


def outermost(found: Sequence[Qdisc]) -> list[Qdisc]:
    """Those through which all traffic of a class of the tree goes; a tbf below a netem is none of them."""
    return [one for one in ours(found) if one.parent.startswith(HANDLE)]


def foreign(found: Sequence[Qdisc], known: bool) -> Qdisc | None:
    """The root qdisc that somebody else has put there; with `known`, a root of ours is expected."""
    return next(
        (one for one in found if one.root and not one.kernels_own and not (known and one.handle == HANDLE)), None
    )


def differences(wanted: Sequence[Class], found: Sequence[Qdisc]) -> list[str]:
    """What is not as ordered, in words."""
    there = {one.handle: one for one in found}
    problems = [] if not wanted or HANDLE in there else [f"no {HANDLE}"]
    for one in wanted:
        for handle, kind, expected in _expected(one):
            if handle not in there or there[handle].kind != kind:
                problems.append(f"no {kind} {handle}")
                continue
            problems += [
                f"{kind} {handle} {name} {_option(there[handle].options, name)} instead of {value:g}"
                for name, value in expected.items()
                if abs(_option(there[handle].options, name) - value) > NEAR * value + 1e-9
            ]
    return problems


def _numbered(one: Class) -> list[tuple[int, Clause]]:
    # The filters of one priority are all of one protocol; classes before have lower numbers and are asked first.
    return [(2 * one.number - (clause.family == "ip"), clause) for clause in one.clauses]


def _leaf(interface: str, one: Class) -> list[str]:
    lines = [f"class add dev {interface} parent {HANDLE} classid {one.id} htb {UNLIMITED}"]
    parent = one.id
    if words := netem(one.shape):
        lines.append(f"qdisc add dev {interface} parent {parent} handle {one.netem} netem {' '.join(words)}")
        parent = f"{one.netem}1"
    if words := tbf(one.shape):
        lines.append(f"qdisc add dev {interface} parent {parent} handle {one.tbf} tbf {' '.join(words)}")
    return lines


def _expected(one: Class) -> list[tuple[str, str, dict[str, float]]]:
    shape, found = one.shape, []
    if netem(shape):
        options = {
            "delay.delay": shape.delay_ms / 1000,
            "delay.jitter": shape.jitter_ms / 1000,
            "loss-random.loss": shape.loss / 100,
            "duplicate.duplicate": shape.duplicate / 100,
            "corrupt.corrupt": shape.corrupt / 100,
            "reorder.reorder": shape.reorder / 100,
        }
        options |= {f"loss-gemodel.{k}": v / 100 for k, v in zip(("p", "r", "1-h", "1-k"), shape.burst, strict=False)}
        found.append((one.netem, "netem", {name: value for name, value in options.items() if value}))
    if shape.rate_bit:
        found.append((one.tbf, "tbf", {"rate": shape.rate_bit / 8, "burst": burst_of(shape)}))
    return found


def _option(options: dict[str, Any], name: str) -> float:
    value: Any = options
    for key in name.split("."):
        value = value.get(key, 0) if isinstance(value, dict) else 0
    return float(value)
