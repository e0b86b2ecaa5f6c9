"""What a site's number says: its interfaces and addresses."""

from dataclasses import asdict
from ipaddress import ip_address, ip_network

import pytest

from harness.network.site import LINKS, RANGE, Site


@pytest.mark.parametrize(
    ("number", "outer", "inner", "gateway", "address"),
    [
        (0, "ds0000out", "ds0000in", "198.18.0.1", "198.18.0.2"),
        (65, "ds0041out", "ds0041in", "198.18.1.5", "198.18.1.6"),
        (LINKS - 1, "ds7fffout", "ds7fffin", "198.19.255.253", "198.19.255.254"),
    ],
)
def test_the_number_of_a_link_says_its_names_and_addresses(
    number: int, outer: str, inner: str, gateway: str, address: str
) -> None:
    site = Site.on_link("a", "ds0123456789a", number)
    assert (site.outer, site.inner, site.gateway, site.address) == (outer, inner, gateway, address)
    network = ip_network(f"{site.gateway}/30", strict=False)
    assert ip_address(site.address) in network
    assert network.overlaps(RANGE)


def test_a_name_fits_into_the_fifteen_characters_that_the_kernel_allows() -> None:
    last = Site.on_link("b", "ds0123456789b", LINKS - 1)
    assert max(len(name) for name in (last.namespace, last.outer, last.inner)) <= 15


def test_a_site_is_read_as_it_was_written() -> None:
    site = Site("a", "ds0123456789a", "ds0000out", "ds0000in", "198.18.0.1", "198.18.0.2", ("one", "two"), "http://x")
    assert Site.from_json(asdict(site) | {"agents": ["one", "two"]}) == site


def test_the_range_is_the_one_for_tests_of_network_devices() -> None:
    assert ip_network("198.18.0.0/15") == RANGE
    assert LINKS == 32_768
