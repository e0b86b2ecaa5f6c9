"""Putting the book's orders in force on interfaces, reading back what is there, and taking it away."""

from pathlib import Path
from typing import Any

from harness.errors import BadInput, FaultNotCleared, FaultNotInForce
from harness.network.book import Book, End, Order, opened
from harness.network.shell import Shell, ToolFailed
from harness.network.tc import (
    HANDLE,
    INGRESS,
    Class,
    Qdisc,
    build,
    classes,
    differences,
    foreign,
    ours,
    outermost,
    redirect,
    remove,
    remove_redirect,
)


def put_in_force(folder: Path, orders: list[Order]) -> dict[str, Any]:
    """Carry out `orders` (all of one fault and lease) beside those in force; what `tc -j` says is there, by end.

    `BadInput` if an interface is somebody else's, or has this fault already; `FaultNotInForce` if what is read back is
    not what was ordered.
    """
    fault, lease = orders[0].fault, orders[0].lease
    with opened(folder) as book:
        book.refuse_if_undone(lease, fault)
        for order in orders:
            _check(book, order)
        book.add(orders)
        return {str(order.end): _read_back(fault, book, order.end) for order in orders}


def take_away(folder: Path, lease: str, fault: str) -> dict[str, Any]:
    """Take off what was ordered under `lease`, leave the rest as it is; `{"rules": "gone"}`. May be called twice.

    Raises `FaultNotCleared`.
    """
    with opened(folder) as book:
        ends = book.ends(lease)
        book.drop(lease)
        for end in ends:
            try:
                _rebuild(book, end)
            except ToolFailed as error:
                raise FaultNotCleared(fault, f"no rule of it on {end}", str(error)) from None
    return {"rules": "gone"}


def counters(end: End) -> dict[str, int]:
    """Packets and bytes of the traffic that is meant which left the rules at `end`, and what they dropped of it, since
    they were put there. What no filter matches is not counted."""
    found = outermost(Shell(end.namespace).qdiscs(end.interface))
    return {
        "packets": sum(one.packets for one in found),
        "bytes": sum(one.bytes for one in found),
        "dropped": sum(one.drops for one in found),
    }


def _check(book: Book, order: Order) -> None:
    end, known = order.end, book.orders(order.end)
    if any(one.fault == order.fault for one in known):
        raise BadInput(f"{order.fault} on {end}", "none in force there yet", "one in force")
    if end.fed_by:
        found = [one for one in Shell().qdiscs(end.fed_by) if one.handle == INGRESS]
        if found and not known:
            raise BadInput(f"ingress of {end.fed_by}", "no ingress qdisc of somebody else", found[0].kind)
        return
    if other := foreign(_qdiscs(end), bool(known)):
        raise BadInput(f"root qdisc of {end}", "the kernel's default", f"{other.kind} {other.handle} of somebody else")


def _read_back(fault: str, book: Book, end: End) -> list[dict[str, Any]]:
    wanted = _rebuild(book, end)
    found = ours(_qdiscs(end))
    if problems := differences(wanted, found):
        raise FaultNotInForce(fault, f"on {end} what was ordered", "; ".join(problems))
    return [{"kind": one.kind, "handle": one.handle, **one.options} for one in found if one.handle != HANDLE]


def _rebuild(book: Book, end: End) -> list[Class]:
    """Make the tree at `end` what the book says; gone means gone."""
    orders = book.orders(end)
    wanted = classes([order.part for order in orders], end.outgoing)
    _clear(book, end)
    if not wanted:
        return []
    shell = Shell(end.namespace, book.lock)
    if end.fed_by:
        shell.ip("link", "add", end.interface, "type", "ifb")
        shell.ip("link", "set", end.interface, "up")
    shell.tc_batch(build(end.interface, wanted))
    if end.fed_by:
        shell.tc_batch(redirect(end.fed_by, end.interface, [clause for one in wanted for clause in one.clauses]))
    return wanted


def _clear(book: Book, end: End) -> None:
    """Take our tree off, and see it gone; a namespace or an interface that is gone has none."""
    shell = Shell(end.namespace, book.lock)
    try:
        if end.fed_by:
            if _has(shell, end.fed_by, INGRESS):
                shell.tc_batch(remove_redirect(end.fed_by))
            shell.ip("link", "del", end.interface)
        elif _has(shell, end.interface, HANDLE):
            shell.tc_batch(remove(end.interface))
        else:
            return
    except ToolFailed as error:
        if not error.gone:
            raise
    if any(one.handle == HANDLE for one in _qdiscs(end)) or (end.fed_by and _has(shell, end.fed_by, INGRESS)):
        raise FaultNotCleared("the shaping", f"nothing of ours on {end}", "a rule that is still there")


def _has(shell: Shell, interface: str, handle: str) -> bool:
    return any(one.handle == handle for one in shell.qdiscs(interface))


def _qdiscs(end: End) -> list[Qdisc]:
    try:
        return Shell(end.namespace).qdiscs(end.interface)
    except ToolFailed as error:
        if error.gone:
            return []
        raise
