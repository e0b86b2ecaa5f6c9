"""Aborting established TCP connections with `ss -K`, and the connections of our own by which that is seen."""

import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from harness.errors import BadInput, FaultNotInForce
from harness.network.book import opened
from harness.network.inside import inside
from harness.network.place import Place, Way
from harness.network.shell import Shell
from harness.network.sockets import Connection, connections, kill, own, peer
from harness.network.target import Target

OURS = 3
CONNECT_WITHIN_S = 3.0
DEAD_WITHIN_S = 1.0


def reset(folder: Path, fault: str, lease: str, place: Place, ways: Sequence[Way]) -> list[Connection]:
    """Abort what is established over `place`, so that RST travels each of `ways`; the aborted sockets."""
    with opened(folder) as book:
        book.refuse_if_undone(lease, fault)
        return [
            one
            for namespace, words in orders(place, ways)
            for one in connections(Shell(namespace, book.lock).ss(*words))
        ]


def undo(folder: str, fault: str, on: Mapping[str, Any], lease: str) -> dict[str, Any]:
    """What the lease of a reset calls: nothing of it stays in force, and nothing of it comes late."""
    with opened(Path(folder)) as book:
        book.drop(lease)
    return {"rules": "none"}


def orders(place: Place, ways: Sequence[Way]) -> list[tuple[str, list[str]]]:
    """In which namespace `ss` is given which words, in this order.

    RST to the desktops is sent by the kernel at the other side, which is ours at a site. At a named interface only the
    machine's own sockets can be aborted; `BadInput` says that, and that it takes networks.
    """
    if place.witness and Way.FROM_DESKTOPS not in ways:
        raise BadInput("direction of connection_reset on an interface", "both or from_desktops", str(ways[0]))
    if place.witness and not place.target.cidrs:
        # `ss` does not know interfaces: without networks it would reset every connection of the machine.
        raise BadInput("connection_reset on an interface", "the networks (cidrs) to be reset", "the whole interface")
    if place.witness:
        return [("", kill(peer(place.target)))]
    at = {
        Way.TO_DESKTOPS: ("", kill([*peer(Target((f"{place.near}/32",))), *own(place.target)])),
        Way.FROM_DESKTOPS: (place.namespace, kill([*peer(Target((f"{place.far}/32",))), *peer(place.target)])),
    }
    return [at[way] for way in reversed(Way) if way in ways]


class Trial:
    """A few connections of our own over `place`, established before the reset. Use as a context."""

    def __init__(self, place: Place, fault: str) -> None:
        self._fault = fault
        self._open = ExitStack()
        try:
            address = place.witness or self._listening(place)
            self._links = [self._connected(place.namespace, address) for _ in range(OURS)]
        except BaseException:
            self._open.close()
            raise

    def __enter__(self) -> "Trial":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def theirs(self, aborted: Sequence[Connection]) -> int:
        """How many of the `aborted` connections were not ours; those aborted at both ends count once."""
        ends = {frozenset({(one.local, one.port), (one.remote, one.other)}) for one in aborted}
        return len([end for end in ends if not end & {link.name for link in self._links}])

    def seen_dead(self) -> dict[str, Any]:
        """What became of ours; `FaultNotInForce` if one is alive."""
        deadline = time.monotonic() + DEAD_WITHIN_S
        found = [link.end(deadline) for link in self._links]
        if alive := found.count(""):
            raise FaultNotInForce(self._fault, "connections that are reset", f"{alive} of {len(found)} alive")
        return {"reset": sorted(set(found))}

    def _listening(self, place: Place) -> tuple[str, int]:
        port = place.target.ports[0][0] if place.target.ports else 0
        try:
            listener = self._open.enter_context(socket.create_server((place.far, port)))
        except OSError:
            return place.far, port  # somebody listens there already: that will do
        return place.far, int(listener.getsockname()[1])

    def _connected(self, namespace: str, address: tuple[str, int]) -> "_Link":
        link = self._open.enter_context(inside(namespace, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)))
        link.settimeout(CONNECT_WITHIN_S)
        try:
            link.connect(address)
        except OSError as error:
            found = f"{type(error).__name__} {error}"
            raise FaultNotInForce(self._fault, f"a connection to {address[0]}:{address[1]} before", found) from None
        return _Link(link)


class _Link:
    def __init__(self, link: socket.socket) -> None:
        self.name: tuple[str, int] = link.getsockname()
        self._link = link

    def end(self, deadline: float) -> str:
        """The error with which it ended; "" if it did not until `deadline` (monotonic)."""
        self._link.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            self._link.recv(1)
        except (ConnectionResetError, ConnectionAbortedError) as error:
            return type(error).__name__
        except OSError:
            return ""
        return ""
