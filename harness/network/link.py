"""A network link that is taken down, and what is needed to bring it up as it was."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import FaultNotCleared
from harness.network.book import opened
from harness.network.shell import Shell, ToolFailed

# What `ip route show` says of a route's state and `ip route replace` does not take.
STATES = re.compile(r" (linkdown|dead|offload|trap|nhid \d+)(?= |$)")
LIFETIME = re.compile(r"(?<= expires )(\d+)sec")
FLAGS = ("nodad", "noprefixroute", "mngtmpaddr", "home")
FOREVER = 2**32 - 1


@dataclass(frozen=True)
class Link:
    """An interface with what it loses when it goes down: routes and IPv6 addresses, as words for `ip`."""

    namespace: str
    interface: str
    routes: tuple[str, ...]
    addresses: tuple[str, ...]


def found(namespace: str, interface: str) -> Link:
    """As it is now."""
    shell = Shell(namespace)
    routes = [
        f"{family} {_route(line)}"
        for family in ("-4", "-6")
        for line in shell.ip(family, "route", "show", "table", "all", "dev", interface).splitlines()
        if " table local" not in line  # the kernel's own
    ]
    links = json.loads(shell.ip("-j", "-6", "addr", "show", "dev", interface) or "[]")
    addresses = [_address(info) for link in links for info in link.get("addr_info", ()) if _lasts(info)]
    return Link(namespace, interface, tuple(routes), tuple(addresses))


def take_down(folder: Path, fault: str, lease: str, links: Sequence[Link]) -> dict[str, Any]:
    """Take the links down under `lease`; the state of each."""
    with opened(folder) as book:
        book.refuse_if_undone(lease, fault)
        for link in links:
            Shell(link.namespace, book.lock).ip("link", "set", "dev", link.interface, "down")
    return {link.interface: "up" if is_up(link) else "down" for link in links}


def bring_up(folder: str, fault: str, on: Mapping[str, Any], links: list[dict[str, Any]], lease: str) -> dict[str, Any]:
    """What the lease of such a fault calls: the links are up, with what they had. May be called twice.

    A link that is gone has nothing to bring up.
    """
    states = {}
    with opened(Path(folder)) as book:
        book.drop(lease)
        for given in links:
            link = Link(given["namespace"], given["interface"], tuple(given["routes"]), tuple(given["addresses"]))
            try:
                _bring_up(Shell(link.namespace, book.lock), link)
                states[link.interface] = "up" if is_up(link) else "down"
            except ToolFailed as error:
                if not error.gone:
                    raise FaultNotCleared(fault, f"{link.interface} up", str(error)) from None
    if down := [interface for interface, state in states.items() if state == "down"]:
        raise FaultNotCleared(fault, "links that are up", f"down: {', '.join(down)}")
    return states


def is_up(link: Link) -> bool:
    """Whether it was brought up (whether a cable is in it is another matter)."""
    return "UP" in json.loads(Shell(link.namespace).ip("-j", "link", "show", "dev", link.interface))[0]["flags"]


def _bring_up(shell: Shell, link: Link) -> None:
    shell.ip("link", "set", "dev", link.interface, "up")
    for address in link.addresses:
        shell.ip("-6", "addr", "replace", *address.split(), "dev", link.interface)
    # Routes to a network come before those through a gateway in it.
    for route in sorted(link.routes, key=lambda text: " via " in text):
        family, *words = route.split()
        shell.ip(family, "route", "replace", *words, "dev", link.interface)


def _route(line: str) -> str:
    return LIFETIME.sub(r"\1", STATES.sub("", line)).strip()


def _lasts(info: Mapping[str, Any]) -> bool:
    """Whether nobody but us would bring it back: the kernel itself makes addresses of the link and temporary ones."""
    return info.get("scope") == "global" and not info.get("temporary")


def _address(info: Mapping[str, Any]) -> str:
    words = [f"{info['local']}/{info['prefixlen']}", *(flag for flag in FLAGS if info.get(flag))]
    if info["valid_life_time"] < FOREVER:
        words += ["valid_lft", str(info["valid_life_time"]), "preferred_lft", str(info["preferred_life_time"])]
    return " ".join(words)
