"""Established TCP connections, listed and aborted through `ss`: the words it is told, and what it prints."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network

from harness.network.target import LAST_PORT, Target

LINE = re.compile(r"\d+\s+\d+\s+(\S+):(\d+)\s+(\S+):(\d+)")
ESTABLISHED = ("-H", "-t", "-n", "state", "established")


@dataclass(frozen=True)
class Connection:
    """One TCP socket; addresses without brackets and without the name of an interface."""

    local: str
    port: int
    remote: str
    other: int


def show(target: Target, connected: bool = True) -> list[str]:
    """The words after `ss` that list the established sockets that `target` means.

    `connected` says on which side of the connection we look: with those who connected, the other side is the remote
    one; with those who were connected to, `target` is about their own address and port.
    """
    return [*ESTABLISHED, *filters(target, connected)]


def kill(target: Target, connected: bool = True) -> list[str]:
    """The words that abort and list them. The kernel sends RST to the peer, and the owner finds its socket dead."""
    return ["-K", *show(target, connected)]


def filters(target: Target, connected: bool = True) -> list[str]:
    """The filter of `show`; each element is one condition."""
    host, port = ("dst", "dport") if connected else ("src", "sport")
    found = [_any(f"{host} {_address(cidr)}" for cidr in target.cidrs)] if target.cidrs else []
    return found + ([_any(_between(port, low, high) for low, high in target.ports)] if target.ports else [])


def connections(text: str) -> list[Connection]:
    """What `ss -Htn state established` printed; lines of another form are left out."""
    matches = (LINE.match(line.strip()) for line in text.splitlines())
    return [Connection(_plain(m[1]), int(m[2]), _plain(m[3]), int(m[4])) for m in matches if m]


def _any(conditions: Iterable[str]) -> str:
    return f"( {' or '.join(conditions)} )"


def _between(port: str, low: int, high: int) -> str:
    if low == high:
        return f"{port} = :{low}"
    if (low, high) == (1, LAST_PORT):
        return f"{port} >= :1"
    return f"( {port} >= :{low} and {port} <= :{high} )"


def _address(cidr: str) -> str:
    network = ip_network(cidr)
    return f"[{network.network_address}]/{network.prefixlen}" if network.version == 6 else str(network)


def _plain(address: str) -> str:
    return address.strip("[]").split("%")[0].removeprefix("::ffff:")
