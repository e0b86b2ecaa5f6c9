"""Putting the book's orders in force on interfaces, reading back what is there, and taking it away."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.errors import BadInput, DeskstormError, FaultNotCleared, FaultNotInForce
from harness.network.book import Book, End, Order, opened
from harness.network.shell import Shell, ToolFailed
from harness.network.tc import (
    HANDLE,
    INGRESS,
    Class,
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

    Raises `FaultNotCleared` after every end was tried; the next call tries those again.
    """
    problems = []
    with opened(folder) as book:
        book.undo(lease)
        for end in book.ends(lease):
            try:
                _rebuild(book, end)
            except DeskstormError as error:
                problems.append(f"{end}: {error}")
        if problems:
            raise FaultNotCleared(fault, "no rule of it", "; ".join(problems))
        book.drop(lease)
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
    end = order.end
    if any(one.fault == order.fault for one in book.orders(end)):
        raise BadInput(f"{order.fault} on {end}", "none in force there yet", "one in force")
    if end.fed_by:
        found = [one for one in Shell().qdiscs(end.fed_by) if one.handle == INGRESS]
        if found and not book.knows(end):
            raise BadInput(f"ingress of {end.fed_by}", "no ingress qdisc of somebody else", found[0].kind)
        return
    if other := foreign(Shell(end.namespace).qdiscs(end.interface), book.knows(end)):
        raise BadInput(f"root qdisc of {end}", "the kernel's default", f"{other.kind} {other.handle} of somebody else")


def _read_back(fault: str, book: Book, end: End) -> list[dict[str, Any]]:
    wanted = _rebuild(book, end)
    found = ours(Shell(end.namespace).qdiscs(end.interface))
    if problems := differences(wanted, found):
        raise FaultNotInForce(fault, f"on {end} what was ordered", "; ".join(problems))
    return [{"kind": one.kind, "handle": one.handle, **one.options} for one in found if one.handle != HANDLE]


def _rebuild(book: Book, end: End) -> list[Class]:
    """Make the tree at `end` what the book says; a namespace or an interface that is gone has none."""
    wanted = classes([order.part for order in book.orders(end)], end.outgoing)
    shell = Shell(end.namespace, book.lock)
    if wanted and _exists(shell, end.fed_by or end.interface):
        _build(shell, end, wanted)
    else:
        _clear(shell, end)
    return wanted


def _build(shell: Shell, end: End, wanted: Sequence[Class]) -> None:
    """Put up the tree of `wanted` in place of what is there of ours.

    What stays is off only from one line of a batch to the next; packets that are held at that moment are lost.
    """
    if end.fed_by:
        if not _exists(shell, end.interface):
            shell.ip("link", "add", end.interface, "type", "ifb")
        shell.ip("link", "set", end.interface, "up")
    shell.tc_batch([*_removal(shell, end.interface), *build(end.interface, wanted)])
    if end.fed_by:
        clauses = [clause for one in wanted for clause in one.clauses]
        shell.tc_batch([*_removal_of_redirect(shell, end), *redirect(end.fed_by, end.interface, clauses)])


def _clear(shell: Shell, end: End) -> None:
    """Take our tree off, and see it gone."""
    if end.fed_by:
        with _unless_gone():
            shell.tc_batch(_removal_of_redirect(shell, end))
        with _unless_gone():  # the ifb does not go with the interface that fed it
            shell.ip("link", "del", end.interface)
    else:
        with _unless_gone():
            shell.tc_batch(_removal(shell, end.interface))
    if _has(shell, end.interface, HANDLE) or (end.fed_by and _has(shell, end.fed_by, INGRESS)):
        raise FaultNotCleared("the shaping", f"nothing of ours on {end}", "a rule that is still there")


def _removal(shell: Shell, interface: str) -> list[str]:
    return remove(interface) if _has(shell, interface, HANDLE) else []


def _removal_of_redirect(shell: Shell, end: End) -> list[str]:
    return remove_redirect(end.fed_by) if _has(shell, end.fed_by, INGRESS) else []


def _has(shell: Shell, interface: str, handle: str) -> bool:
    with _unless_gone():
        return any(one.handle == handle for one in shell.qdiscs(interface))
    return False


def _exists(shell: Shell, interface: str) -> bool:
    with _unless_gone():
        return bool(shell.ip("link", "show", "dev", interface))
    return False


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Nothing has to be done to what is gone, and nothing is there."""
    try:
        yield
    except ToolFailed as error:
        if not error.gone:
            raise
