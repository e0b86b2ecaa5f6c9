"""A link of the tests' own: two namespaces joined by a veth pair, gone afterwards whatever happens."""

import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from harness.network.inside import inside
from harness.network.shell import Shell, ToolFailed
from harness.waiting import until


@dataclass(frozen=True)
class Joined:
    """`near` and `far` are namespaces ("" is the root one) with one interface each."""

    near: str
    far: str
    near_link: str
    far_link: str
    near_address: str
    far_address: str


@contextmanager
def joined(far_is_root: bool = False) -> Iterator[Joined]:
    """Two namespaces and their link; with `far_is_root`, the far end is here, in the root namespace."""
    number = secrets.randbelow(2**14)
    mark = f"dt{number:04x}{secrets.token_hex(2)}"
    address = f"198.19.{number >> 6}.{(number & 63) * 4}"
    base, low = address.rsplit(".", 1)
    addresses = (f"{base}.{int(low) + 2}", f"{base}.{int(low) + 1}")
    found = Joined(f"{mark}n", "" if far_is_root else f"{mark}f", f"{mark}n", f"{mark}f", *addresses)
    root, nowhere = Shell(), ("unreachable", f"{address}/30", "metric", "4294967295")
    try:
        if far_is_root:
            # What is sent while the link is down or gone must not leave by the machine's default route.
            root.ip("route", "add", *nowhere)
        for namespace in filter(None, (found.near, found.far)):
            root.ip("netns", "add", namespace)
            Shell(namespace).ip("link", "set", "lo", "up")
        place = ["netns", found.far] if found.far else []
        peer = ["peer", "name", found.near_link, "netns", found.near]
        root.ip("link", "add", found.far_link, *place, "type", "veth", *peer)
        ends = (found.near, found.near_link, addresses[0]), (found.far, found.far_link, addresses[1])
        for namespace, name, own in ends:
            Shell(namespace).ip("addr", "add", f"{own}/30", "dev", name)
            Shell(namespace).ip("link", "set", name, "up")
        # A link that has just come up drops everything until the kernel has taken notice of it.
        until(lambda: all(_ready(namespace, name) for namespace, name, _ in ends), "both ends to be ready", 20)
        yield found
    finally:
        if far_is_root:
            with suppress(ToolFailed):
                root.ip("route", "del", *nowhere)
        with suppress(ToolFailed):
            Shell(found.far).ip("link", "del", found.far_link)
        for namespace in filter(None, (found.near, found.far)):
            with suppress(ToolFailed):
                root.ip("netns", "del", namespace)


@contextmanager
def remote() -> Iterator[tuple[Joined, int]]:
    """Somebody else's machine behind a link of ours: the link, whose near end is theirs, and a TCP port of theirs."""
    with joined(far_is_root=True) as link:
        with inside(link.near, lambda: socket.create_server((link.near_address, 0), backlog=512)) as listener:
            yield link, int(listener.getsockname()[1])


def _ready(namespace: str, name: str) -> bool:
    return bool(json.loads(Shell(namespace).ip("-j", "link", "show", "dev", name))[0]["operstate"] == "UP")
