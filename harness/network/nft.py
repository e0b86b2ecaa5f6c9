"""nft, pure: a table of our own that drops packets as they arrive or leave, and what `nft -j` says of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.network.target import Target, nft_match

PREFIX = "deskstorm_"


@dataclass(frozen=True)
class Hole:
    """What arrives at (`hook` ingress) or leaves by (egress) an interface in `namespace`, and matches, is dropped.

    `outgoing` says whether the other side is where those packets go to.
    """

    namespace: str
    interface: str
    hook: str
    outgoing: bool
    target: Target


def table_of(lease: str) -> str:
    """The name of the table of one lease."""
    return PREFIX + lease.replace("-", "_")


def script(table: str, holes: Sequence[Hole]) -> str:
    """What `nft -f` is given to dig `holes`, all in one namespace."""
    lines = [f"add table netdev {table}"]
    for number, hole in enumerate(holes):
        chain = f"{hole.hook}{number}"
        head = f"type filter hook {hole.hook} device {hole.interface} priority -500; policy accept;"
        lines.append(f"add chain netdev {table} {chain} {{ {head} }}")
        lines += [
            f"add rule netdev {table} {chain} {match or 'meta protocol { ip, ip6 } '}counter drop"
            for match in nft_match(hole.target, hole.outgoing)
        ]
    return "\n".join(lines) + "\n"


def tables(answer: Mapping[str, Any]) -> list[str]:
    """The netdev tables of `nft -j list tables`."""
    found = (one.get("table", {}) for one in answer.get("nftables", ()))
    return [str(table["name"]) for table in found if table.get("family") == "netdev"]


def dropped(answer: Mapping[str, Any]) -> dict[str, int]:
    """The packets that the rules of each chain dropped, by chain, of `nft -j list table`."""
    found: dict[str, int] = {}
    for rule in (one["rule"] for one in answer.get("nftables", ()) if "rule" in one):
        packets = sum(int(part["counter"]["packets"]) for part in rule["expr"] if "counter" in part)
        found[str(rule["chain"])] = found.get(str(rule["chain"]), 0) + packets
    return found
