"""Network namespaces with one veth link each: made, found again, and taken away without a trace.

The keeper makes and removes them (harness.keeping), so that they are gone whatever becomes of the chaos process. A
link is claimed by creating it: its number is in its name, and the kernel gives a name to one of several who want it.
"""

import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from ipaddress import IPv4Network
from typing import Any

from harness.errors import BadInput, FaultNotCleared
from harness.network.shell import Shell, ToolFailed
from harness.network.site import LINKS, RANGE, Site

NAMESPACE = re.compile(r"ds[0-9a-f]{10}[ab]")
TAKEN = "File exists"
Words = list[str]


def new_name(site: str, run_hex: str) -> str:
    """The name of the namespace of `site` ("a" or "b") in the run with those ten hexadecimal digits."""
    return f"ds{run_hex}{site}"


def new_run_hex() -> str:
    """Ten hexadecimal digits that no other run has."""
    return secrets.token_hex(5)


# what is asked of `ip`, as whole lists of words


def claim(site: Site) -> list[Words]:
    """Create the link, its inner end inside at once; fails if somebody has a link of that name."""
    return [["link", "add", site.outer, "type", "veth", "peer", "name", site.inner, "netns", site.namespace]]


def furnish(site: Site) -> list[Words]:
    """Give both ends their addresses and bring them up, the loopback inside too."""
    inside = ["-n", site.namespace]
    return [
        ["link", "set", site.outer, "alias", f"deskstorm {site.namespace}", "addrgenmode", "none"],
        [*inside, "link", "set", site.inner, "addrgenmode", "none"],
        ["addr", "add", f"{site.gateway}/30", "dev", site.outer],
        [*inside, "addr", "add", f"{site.address}/30", "dev", site.inner],
        [*inside, "link", "set", "lo", "up"],
        [*inside, "link", "set", site.inner, "up"],
        ["link", "set", site.outer, "up"],
    ]


# the calls that the keeper makes by name


def make(namespace: str, site: str) -> dict[str, Any]:
    """Make `namespace` and its link on free addresses; the `Site` as JSON."""
    if not NAMESPACE.fullmatch(namespace):
        raise BadInput("namespace", f"a name like {NAMESPACE.pattern}", namespace)
    _ip(["netns", "add", namespace])
    for number in free_links(int(namespace[2:12], 16) % LINKS, networks_in_use()):
        found = Site.on_link(site, namespace, number)
        try:
            for words in claim(found):
                _ip(words)
        except ToolFailed as error:
            if TAKEN in error.found:
                continue
            raise
        for words in furnish(found):
            _ip(words)
        return asdict(found)
    raise BadInput("a free network for a site", f"one of the /30s in {RANGE}", "all of them in use")


def remove(namespace: str) -> None:
    """Take the namespace and its link away, and see them gone; nothing to do if there is none."""
    if namespace not in names():
        return
    for link in links_of(namespace):
        # The other end goes with it, at once; with the namespace alone both would go some time later.
        _ip_unless_gone(["-n", namespace, "link", "del", link])
    _ip_unless_gone(["netns", "del", namespace])
    if namespace in names():
        raise FaultNotCleared(f"network namespace {namespace}", "none of that name", "it is still there")


# what there is


def names() -> list[str]:
    """The namespaces of this machine that have a name."""
    return [str(found["name"]) for found in _json(["-j", "netns", "list"])]


def links_of(namespace: str) -> list[str]:
    """The veth ends inside; none in what is but a name, as a death in the middle of the making leaves it."""
    try:
        found = _json(["-n", namespace, "-j", "link", "show", "type", "veth"])
    except ToolFailed:
        return []
    return [str(link["ifname"]) for link in found if link.get("ifname")]


def networks_in_use() -> list[IPv4Network]:
    """Where this machine has an address or a route of its own, the default route apart."""
    addresses = [
        f"{info['local']}/{info['prefixlen']}"
        for link in _json(["-j", "-4", "addr"])
        for info in link.get("addr_info", ())
    ]
    routes = [str(route["dst"]) for route in _json(["-j", "-4", "route", "show", "table", "all"])]
    return [IPv4Network(text, strict=False) for text in (*addresses, *routes) if text != "default"]


def free_links(first: int, in_use: Iterable[IPv4Network]) -> Iterable[int]:
    """The numbers of the links that overlap with nothing `in_use`, from `first` on and round."""
    # Whoever sends all his traffic through a tunnel has routes that contain the range; ours is the closer one.
    taken = [network for network in in_use if network.subnet_of(RANGE)]
    for number in (*range(first, LINKS), *range(first)):
        network = IPv4Network((int(RANGE[4 * number]), 30))
        if not any(network.overlaps(one) for one in taken):
            yield number


def _ip(words: Words) -> str:
    return Shell().ip(*words)


def _ip_unless_gone(words: Words) -> None:
    try:
        _ip(words)
    except ToolFailed as error:
        if not error.gone:
            raise


def _json(words: Words) -> list[dict[str, Any]]:
    text = _ip(words).strip()
    found = json.loads(text) if text else []
    return [one for one in found if isinstance(one, dict)]
