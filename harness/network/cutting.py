"""Faults that let nothing through: holes dug with nft, links taken down; ordered, proved on the path, taken back."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.errors import FaultNotCleared, FaultNotInForce
from harness.network.book import opened
from harness.network.meter import Meter
from harness.network.nft import Hole, dropped, script, table_of, tables
from harness.network.place import Place, Way
from harness.network.proof import connect_words, words
from harness.network.shell import Shell, ToolFailed
from harness.network.witness import Witness

# What comes later than this over a link of ours does not come.
CONNECTS, WITHIN_S = 2, 0.2
DATAGRAMS = 40


def holes(place: Place, chosen: Sequence[Way]) -> list[Hole]:
    """Where to drop what travels one of the `chosen` ways: on arrival wherever both ends of the link are ours, so that
    its sender learns nothing of it."""
    found = []
    for way in chosen:
        outgoing = way is Way.FROM_DESKTOPS
        if place.witness:
            interface = place.ends[Way.FROM_DESKTOPS].interface
            found.append(Hole("", interface, "egress" if outgoing else "ingress", outgoing, place.target))
        else:
            end = place.ends[Way.TO_DESKTOPS if outgoing else Way.FROM_DESKTOPS]
            found.append(Hole(end.namespace, end.interface, "ingress", outgoing, place.target))
    return found


def dig(folder: Path, fault: str, lease: str, dug: Sequence[Hole]) -> dict[str, Any]:
    """Put the holes in force under `lease`; the names of the tables by namespace."""
    table = table_of(lease)
    with opened(folder) as book:
        book.refuse_if_undone(lease, fault)
        for namespace in sorted({hole.namespace for hole in dug}):
            Shell(namespace, book.lock).nft(script(table, [hole for hole in dug if hole.namespace == namespace]))
    return {"table": table, "holes": [asdict(hole) for hole in dug]}


def fill(folder: str, fault: str, on: Mapping[str, Any], namespaces: Sequence[str], lease: str) -> dict[str, Any]:
    """What the lease of a hole calls: its tables are gone, and seen to be. May be called twice."""
    table = table_of(lease)
    with opened(Path(folder)) as book:
        book.drop(lease)
        for namespace in namespaces:
            shell = Shell(namespace, book.lock)
            try:
                if table in tables(shell.nft_json("list", "tables")):
                    shell.nft(f"delete table netdev {table}\n")
                if table in tables(shell.nft_json("list", "tables")):
                    raise FaultNotCleared(fault, f"no table {table}", "it is still there")
            except ToolFailed as error:
                if not error.gone:
                    raise FaultNotCleared(fault, f"no table {table}", str(error)) from None
    return {"rules": "gone"}


def counted(lease: str, dug: Sequence[Hole]) -> int:
    """The packets that have fallen into the holes of one lease."""
    return sum(
        sum(dropped(Shell(namespace).nft_json("list", "table", "netdev", table_of(lease))).values())
        for namespace in {hole.namespace for hole in dug}
    )


def seen_cut(fault: str, place: Place, chosen: Sequence[Way]) -> dict[str, Any]:
    """What was measured on a link that lets nothing through the `chosen` ways; `FaultNotInForce` if something came."""
    if place.witness:
        connects = Witness(place, fault).connects(CONNECTS)
        if connects.times_ms:
            raise FaultNotInForce(fault, "no connection to the witness", str(connect_words(connects)))
        return connect_words(connects)
    with Meter(place.namespace, place.near, place.far, place.target.ports) as meter:
        with ThreadPoolExecutor(3) as pool:
            connecting = pool.submit(meter.connects, CONNECTS, WITHIN_S)
            sending = {way: pool.submit(meter.datagrams, way is Way.FROM_DESKTOPS, DATAGRAMS) for way in Way}
        connects, heard = connecting.result(), {way: sent.result() for way, sent in sending.items()}
    found = {**connect_words(connects), **{str(way): words(one) for way, one in heard.items()}}
    if connects.times_ms or any(heard[way].arrived for way in chosen):
        raise FaultNotInForce(fault, f"nothing that passes {' or '.join(chosen)}", str(found))
    return found
