import re
import socket

import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.network.inside import inside
from harness.network.shell import Shell
from harness.network.site import Site
from tests.actions.conftest import Live
from tests.harness.network.links import remote

pytestmark = pytest.mark.world

TABLE = 5077


def test_the_link_is_down_and_up_again_with_its_address_afterwards(at_site: Live) -> None:
    site = at_site.world.sites[0]
    with at_site.fault("link_down") as found:
        assert found["seen"]["links"] == {site.inner: "down"}
        assert found["seen"]["site a"]["failed"] == 2
    assert f"{site.address}/30" in Shell(site.namespace).ip("-br", "addr", "show", "dev", site.inner)
    assert at_site.in_force() == []


def test_it_can_be_taken_down_again_and_again(at_site: Live) -> None:
    for _ in range(3):
        with at_site.fault("link_down"):
            pass


def test_connections_are_dropped_with_it_only_on_demand(at_site: Live) -> None:
    site = at_site.world.sites[0]
    with socket.create_server((site.gateway, 0)) as listener, connected(site, listener) as link:
        with at_site.fault("link_down"):
            pass
        assert alive(link)
        with at_site.fault("link_down", drop_connections=True) as found:
            assert found["seen"]["site a"]["reset"] == ["ConnectionAbortedError"]
            assert not alive(link)


def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected links that are down" in str(sabotaged_site.refuses(FaultNotInForce, "link_down"))


def test_a_link_is_down_for_everybody_both_ways(at_site: Live) -> None:
    at_site.refuses(BadInput, "link_down", direction="to_desktops")
    at_site.refuses(BadInput, "link_down", on={"ports": [443]})


def test_only_at_a_site_are_connections_dropped_with_it(live: Live) -> None:
    with remote() as (link, port):
        on = {"interface": link.far_link, "whole_interface": True, "witness": f"{link.near_address}:{port}"}
        live.refuses(BadInput, "link_down", drop_connections=True, on=on)


def test_a_named_interface_of_a_workstation_comes_back_with_all_that_it_had(live: Live) -> None:
    with remote() as (link, port):
        for words in (
            ("-6", "addr", "add", "2001:db8:1::1/64", "nodad"),
            ("-6", "addr", "add", "2001:db8:2::1/64", "nodad", "valid_lft", "900", "preferred_lft", "600"),
            ("-4", "route", "add", "203.0.113.0/24", "via", link.near_address),
            ("-4", "route", "add", "203.0.113.0/24", "via", link.near_address, "table", str(TABLE)),
            ("-6", "route", "add", "2001:db8:3::/64", "via", "2001:db8:1::2", "expires", "900", "mtu", "1400"),
        ):
            Shell().ip(*words, "dev", link.far_link)
        before = had(link.far_link)
        assert len([line for line in before if "2001:db8" in line]) >= 5
        on = {"interface": link.far_link, "whole_interface": True, "witness": f"{link.near_address}:{port}"}
        with live.fault("link_down", on=on) as found:
            assert found["seen"]["links"] == {link.far_link: "down"}
            assert not any("2001:db8" in line for line in had(link.far_link))
        assert had(link.far_link) == before


def had(interface: str) -> list[str]:
    """The routes and the IPv6 addresses of an interface; of what passes by itself that it does, not when."""
    found = [
        Shell().ip("-4", "route", "show", "table", "all", "dev", interface),
        Shell().ip("-6", "route", "show", "table", "all", "dev", interface),
        Shell().ip("-6", "addr", "show", "dev", interface, "scope", "global"),
    ]
    lines = re.sub(r"\d+sec", "some time", "".join(found)).splitlines()
    # Those of the link itself the kernel makes anew, in its own time.
    return sorted({line.strip() for line in lines if "fe80" not in line and "mtu 1500" not in line})


def connected(site: Site, listener: socket.socket) -> socket.socket:
    """A TCP connection over the link of `site`."""
    link = inside(site.namespace, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    link.connect(listener.getsockname())
    link.setblocking(False)
    return link


def alive(link: socket.socket) -> bool:
    """Whether its owner may still wait for bytes on it."""
    try:
        link.recv(1)
    except BlockingIOError:
        return True
    except ConnectionAbortedError:
        return False
    return False
