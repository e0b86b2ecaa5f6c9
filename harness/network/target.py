"""Which traffic a rule is about: pure values, and how tc's u32 filter and nft are told."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from itertools import product

from harness.errors import BadInput

TCP, UDP = 6, 17
LAST_PORT = 65535
FAMILIES = ("ip", "ip6")
Words = tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """Traffic with these networks and these ports of the other side (inclusive ranges); without any, all of it."""

    cidrs: tuple[str, ...] = ()
    ports: tuple[tuple[int, int], ...] = ()
    udp_only: bool = False

    @property
    def everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Target()

    @property
    def protocols(self) -> tuple[int, ...]:
        """The numbers of the protocols that are meant; none for any."""
        if self.udp_only:
            return (UDP,)
        return (TCP, UDP) if self.ports else ()

    def takes(self, address: str, port: int, udp: bool) -> bool:
        """Whether packets between here and that address and port of the other side are meant, UDP's or TCP's."""
        inside = not self.cidrs or any(ip_address(address) in ip_network(cidr) for cidr in self.cidrs)
        return (
            inside
            and (not self.ports or any(low <= port <= high for low, high in self.ports))
            and (udp or not self.udp_only)
        )


@dataclass(frozen=True)
class Clause:
    """One u32 filter: the packets of `family` (ip, ip6) that match all of `words`."""

    family: str
    words: Words


def clauses(target: Target, outgoing: bool) -> list[Clause]:
    """The filters that together match `target`; of outgoing packets the destination is the other side."""
    return [
        Clause(family, (*network, *protocol, *port))
        for family in FAMILIES
        for network, protocol, port in product(
            _networks(target, family, outgoing), _protocols(target, family), _ports(target, family, outgoing)
        )
    ]


def common(targets: tuple[Target, ...], outgoing: bool) -> list[Clause]:
    """The filters that match what is in all of `targets`; tc refuses those that nothing can match."""
    found = [Clause(family, ()) for family in FAMILIES]
    for target in targets:
        found = [
            Clause(one.family, one.words + two.words)
            for one in found
            for two in clauses(target, outgoing)
            if one.family == two.family
            and not any(_exclude(first, second) for first in _matches(one) for second in _matches(two))
        ]
    return found


def _matches(clause: Clause) -> list[Words]:
    """What follows each `match` of a filter."""
    return [tuple(one.split()) for one in " ".join(clause.words).split("match ")[1:]]


def _exclude(one: Words, two: Words) -> bool:
    """Whether no packet matches both: what is asked for, of the same field."""
    if one[:2] != two[:2] or one[0] == "u32":
        return False
    if one[1] in ("src", "dst"):
        return not ip_network(one[2]).overlaps(ip_network(two[2]))
    return bool((int(one[2]) ^ int(two[2])) & int(one[3], 16) & int(two[3], 16))


def masks(low: int, high: int) -> list[tuple[int, int]]:
    """The value and mask pairs that together cover the ports from `low` to `high`."""
    found = []
    while low <= high:
        size = low & -low or LAST_PORT + 1
        while size > high - low + 1:
            size //= 2
        found.append((low, LAST_PORT + 1 - size))
        low += size
    return found


def nft_match(target: Target, outgoing: bool) -> list[str]:
    """The conditions of the nft rules that together match `target`, one for each rule."""
    side, port = ("daddr", "dport") if outgoing else ("saddr", "sport")
    networks = [f"{'ip6' if ip_network(cidr).version == 6 else 'ip'} {side} {cidr} " for cidr in target.cidrs] or [""]
    names = {(): "", (UDP,): "meta l4proto udp ", (TCP, UDP): "meta l4proto { tcp, udp } "}
    ranges = ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in target.ports)
    return [
        f"{network}{names[target.protocols]}{f'th {port} {{ {ranges} }} ' if ranges else ''}" for network in networks
    ]


def target_of(cidrs: object, ports: object) -> Target:
    """The target that a person wrote as lists of networks and ports (443 or "1024-65535"); `BadInput` names what is
    off."""
    return Target(
        tuple(_cidr(one) for one in _list("cidrs", cidrs)), tuple(_port(one) for one in _list("ports", ports))
    )


def _networks(target: Target, family: str, outgoing: bool) -> list[Words]:
    if not target.cidrs:
        return [("match", "u32", "0", "0")]
    version = 6 if family == "ip6" else 4
    side = "dst" if outgoing else "src"
    return [("match", family, side, cidr) for cidr in target.cidrs if ip_network(cidr).version == version]


def _protocols(target: Target, family: str) -> list[Words]:
    return [("match", family, "protocol", str(number), "0xff") for number in target.protocols] or [()]


def _ports(target: Target, family: str, outgoing: bool) -> list[Words]:
    side = "dport" if outgoing else "sport"
    return [
        ("match", family, side, str(value), f"{mask:#x}")
        for low, high in target.ports
        for value, mask in masks(low, high)
    ] or [()]


def _list(what: str, found: object) -> list[object]:
    if not isinstance(found, list | tuple):
        raise BadInput(what, "a list", found)
    return list(found)


def _cidr(found: object) -> str:
    try:
        return str(ip_network(str(found)))
    except ValueError:
        raise BadInput("cidrs", 'networks such as "34.195.0.0/16"', found) from None


def _port(found: object) -> tuple[int, int]:
    low, _, high = str(found).partition("-")
    try:
        ends = int(low), int(high or low)
    except ValueError:
        ends = (0, 0)
    if not 1 <= ends[0] <= ends[1] <= LAST_PORT or isinstance(found, bool):
        raise BadInput("ports", 'ports such as 443 or "1024-65535"', found)
    return ends
