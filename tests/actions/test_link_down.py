import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.network.shell import Shell
from tests.actions.conftest import Live
from tests.harness.network.links import remote

pytestmark = pytest.mark.world


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


def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected links that are down" in str(sabotaged_site.refuses(FaultNotInForce, "link_down"))


def test_a_link_is_down_for_everybody_both_ways(at_site: Live) -> None:
    at_site.refuses(BadInput, "link_down", direction="to_desktops")
    at_site.refuses(BadInput, "link_down", on={"ports": [443]})


def test_a_named_interface_of_a_workstation_is_broken_for_what_is_named_alone(live: Live) -> None:
    with remote() as (link, port):
        Shell().ip("route", "add", "203.0.113.0/24", "via", link.near_address, "dev", link.far_link)
        routes = Shell().ip("route", "show", "dev", link.far_link)
        on = {"interface": link.far_link, "whole_interface": True, "witness": f"{link.near_address}:{port}"}
        with live.fault("link_down", on=on) as found:
            assert found["seen"]["links"] == {link.far_link: "down"}
        assert Shell().ip("route", "show", "dev", link.far_link) == routes
