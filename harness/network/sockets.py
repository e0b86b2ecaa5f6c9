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


def show(conditions: Iterable[str]) -> list[str]:
    """The words after `ss` that list the established sockets for which all `conditions` hold."""
    return [*ESTABLISHED, *conditions]


def kill(conditions: Iterable[str]) -> list[str]:
    """The words that abort and list them. The kernel sends RST to the peer, and the owner finds its socket dead."""
    return ["-K", *show(conditions)]


def peer(target: Target) -> list[str]:
    """The conditions under which a socket's other side is in `target`."""
    return _conditions(target, "dst", "dport")


def own(target: Target) -> list[str]:
    """The conditions under which a socket's own side is in `target`."""
    return _conditions(target, "src", "sport")


def connections(text: str) -> list[Connection]:
    """What `ss -Htn state established` printed; lines of another form are left out."""
    matches = (LINE.match(line.strip()) for line in text.splitlines())
    return [Connection(_plain(m[1]), int(m[2]), _plain(m[3]), int(m[4])) for m in matches if m]


def _conditions(target: Target, host: str, port: str) -> list[str]:
    hosts = [f"{host} {_address(cidr)}" for cidr in target.cidrs]
    ports = [_between(port, low, high) for low, high in target.ports]
    return [_any(words) for words in (hosts, ports) if words]


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
