"""Where a network fault is put: a site's link, or a named interface with networks and ports."""

import hashlib
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from harness.breaking.limits import flag, one_of
from harness.errors import BadInput
from harness.network.book import End
from harness.network.shell import Shell, ToolFailed
from harness.network.target import Target, target_of
from harness.world import World

KEYS = ("site", "interface", "cidrs", "ports", "whole_interface", "witness")
PORTS = {"http": 80, "https": 443}


class Way(StrEnum):
    """Which way packets travel."""

    FROM_DESKTOPS = "from_desktops"
    TO_DESKTOPS = "to_desktops"


@dataclass(frozen=True)
class Place:
    """One link. The path over it is measured between `near` (in `namespace`) and `far`, which is ours too at a site.

    At a named interface `witness` is who answers there instead: IPv4 address and port, inside `target`.
    """

    name: str
    ends: Mapping[Way, End]
    target: Target
    namespace: str = ""
    near: str = ""
    far: str = ""
    witness: tuple[str, int] | None = None
    agents: tuple[str, ...] = ()


def ways(direction: object) -> tuple[Way, ...]:
    """The ways that `direction` means: both, from_desktops, to_desktops."""
    found = one_of("direction", direction, ("both", *Way))
    return tuple(Way) if found == "both" else (Way(found),)


def places(world: World, fault: str, on: Mapping[str, Any] | None) -> list[Place]:
    """The links that `on` means: `{}` for every site of the world, `{"site": "a"}`, or
    `{"interface": "eth0", "cidrs": ["34.195.0.0/16"], "ports": [443]}`; `BadInput` names what is off."""
    given = dict(on or {})
    if unknown := sorted(set(given) - set(KEYS)):
        raise BadInput("on", f"keys of {', '.join(KEYS)}", ", ".join(unknown))
    target = target_of(given.get("cidrs", []), given.get("ports", []))
    if "interface" in given:
        return [_interface(world, given, target)]
    sites = [site for site in world.sites if given.get("site", site.name) == site.name]
    if not world.sites:
        expected = 'a world with sites ("network": {"sites": 1} in the experiment), or on.interface'
        raise BadInput(f"{fault} in this world", expected, "neither")
    if not sites:
        raise BadInput("on.site", f"one of {', '.join(site.name for site in world.sites)}", given["site"])
    return [
        Place(
            name=f"site {site.name}",
            ends={
                Way.FROM_DESKTOPS: End(site.namespace, site.inner, outgoing=True),
                Way.TO_DESKTOPS: End("", site.outer, outgoing=False),
            },
            target=target,
            namespace=site.namespace,
            near=site.address,
            far=site.gateway,
            agents=site.agents,
        )
        for site in sites
    ]


def _interface(world: World, given: Mapping[str, Any], target: Target) -> Place:
    name = str(given["interface"])
    if "site" in given:
        raise BadInput("on", "a site or an interface", "both")
    if name not in _links() or name == "lo":
        raise BadInput("on.interface", f"one of {', '.join(sorted(_links() - {'lo'}))}", name)
    if not target.cidrs and not flag("on.whole_interface", given.get("whole_interface", False)):
        expected = 'networks such as ["34.195.0.0/16"], or "whole_interface": true for everything'
        raise BadInput(f"on.cidrs for {name}", expected, list(target.cidrs))
    witness = _witness(world, given.get("witness"))
    if not target.takes(*witness, udp=False):
        expected = f"a host and port inside {', '.join(target.cidrs) or 'everything'} and the ports given"
        raise BadInput("on.witness", expected, "{}:{}".format(*witness))
    digest = hashlib.sha256(f"{world.run} {name}".encode()).hexdigest()
    return Place(
        name=name,
        ends={
            Way.FROM_DESKTOPS: End("", name, outgoing=True),
            Way.TO_DESKTOPS: End("", f"dsi{digest[:10]}", outgoing=False, fed_by=name),
        },
        target=target,
        witness=witness,
        agents=tuple(agent.id for agent in world.agents),
    )


def _witness(world: World, given: object) -> tuple[str, int]:
    """Who answers on the other side: as given, or the world's API. Looked up before anything is cut off."""
    if given is None:
        url = urlsplit(world.api)
        return _resolved(str(url.hostname), url.port or PORTS.get(url.scheme, 443))
    host, _, port = str(given).rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise BadInput("on.witness", 'host and port such as "34.195.1.2:443"', given)
    return _resolved(host, int(port))


def _resolved(host: str, port: int) -> tuple[str, int]:
    """The IPv4 address and the port of a host; `BadInput` if it cannot be resolved."""
    try:
        return str(socket.getaddrinfo(host, port, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]), port
    except OSError as error:
        raise BadInput("on.witness", "a host that can be resolved", f"{host}: {error.strerror}") from None


def _links() -> set[str]:
    try:
        return {str(link["ifname"]) for link in json.loads(Shell().ip("-j", "link", "show"))}
    except ToolFailed as error:
        raise BadInput("on.interface", "interfaces that `ip` can show", error.found) from None
