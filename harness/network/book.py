"""The network faults that one run has ordered, on disk: what several faults on one interface add up to is computed
from here, by whoever comes: an action, the keeper, the next start.

Whoever changes rules holds the book's lock, and writes an order down before it is carried out.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.errors import FaultNotInForce
from harness.keeping.state import write_private
from harness.network.shape import Shape
from harness.network.target import Target
from harness.network.tc import Part

FILE = "network.json"
LOCK = "network.lock"


@dataclass(frozen=True)
class End:
    """An interface whose egress is shaped, in `namespace` ("" is the root one).

    `outgoing` says whether the other side is where its packets go to. An end with `fed_by` is an ifb of ours, over
    which comes what that interface receives.
    """

    namespace: str
    interface: str
    outgoing: bool
    fed_by: str = ""

    def __str__(self) -> str:
        place = f"{self.fed_by} (ingress)" if self.fed_by else self.interface
        return f"{place} in {self.namespace}" if self.namespace else place


@dataclass(frozen=True)
class Order:
    """One fault's share at one end."""

    lease: str
    fault: str
    end: End
    part: Part

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "lease": self.lease,
            "fault": self.fault,
            "end": asdict(self.end),
            "target": asdict(self.part.target),
            "shape": self.part.shape.as_json(),
        }

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "Order":
        """Read what `as_json` wrote."""
        target = given["target"]
        aimed = Target(tuple(target["cidrs"]), tuple((low, high) for low, high in target["ports"]), target["udp_only"])
        part = Part(aimed, Shape.from_json(given["shape"]))
        return cls(given["lease"], given["fault"], End(**given["end"]), part)


class Book:
    """The orders of one run. Only for use inside `opened`; `lock` is the handle of its lock."""

    def __init__(self, path: Path, lock: int) -> None:
        self.lock = lock
        self._path = path
        found = json.loads(path.read_text()) if path.exists() else {"orders": [], "undone": []}
        self._orders = [Order.from_json(one) for one in found["orders"]]
        self._undone = [str(lease) for lease in found["undone"]]

    def orders(self, end: End) -> list[Order]:
        """What is to be in force at one end, oldest first."""
        return [order for order in self._orders if order.end == end and order.lease not in self._undone]

    def knows(self, end: End) -> bool:
        """Whether there may be something of ours at `end`: ordered, or taken back and not seen to be gone yet."""
        return any(order.end == end for order in self._orders)

    def ends(self, lease: str) -> list[End]:
        """Where something was ordered under `lease` and was not struck out."""
        return [order.end for order in self._orders if order.lease == lease]

    def refuse_if_undone(self, lease: str, fault: str) -> None:
        """`FaultNotInForce` if `lease` was taken back already: what comes late must not be put in force."""
        if lease in self._undone:
            raise FaultNotInForce(fault, "a lease that is held", "one that was undone meanwhile")

    def add(self, orders: list[Order]) -> None:
        """Write `orders` down."""
        self._orders += orders
        self._write()

    def undo(self, lease: str) -> None:
        """Nothing of `lease` is to be in force from now on. Its orders stay written down until they are struck out."""
        self._undone = [*(one for one in self._undone if one != lease), lease]
        self._write()

    def drop(self, lease: str) -> None:
        """Strike out what was ordered under `lease`, for good: nothing of it is there any more."""
        self._orders = [order for order in self._orders if order.lease != lease]
        self.undo(lease)

    def _write(self) -> None:
        write_private(self._path, {"orders": [order.as_json() for order in self._orders], "undone": self._undone})


@contextmanager
def opened(folder: Path) -> Iterator[Book]:
    """The book of the run whose private state is in `folder`, ours alone while the context lasts."""
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Book(folder / FILE, lock)
    finally:
        os.close(lock)
