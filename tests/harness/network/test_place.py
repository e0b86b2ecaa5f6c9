from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.network.book import End
from harness.network.cutting import holes
from harness.network.nft import Hole
from harness.network.place import Way, places, ways
from harness.network.site import Site
from harness.network.target import Target
from harness.world import Agent, World, WorldKind

A, B = Site.on_link("a", "dsxa", 1), Site.on_link("b", "dsxb", 2)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A world of two sites, of which only the plain values are needed."""
    return World(
        kind=WorldKind.LOCAL,
        run="r",
        folder=str(tmp_path),
        keeper_socket=str(tmp_path / "keeper.sock"),
        api="https://localhost",
        login="https://login.example.test",
        client_id="c",
        client_secret="s",
        desktop_client_id="d",
        agents=(Agent("1", "One", "t"),),
        canary=Agent("2", "Canary", "t"),
        queue_id="q",
        time_scale=0.1,
        seed=1,
        sites=(replace(A, agents=("1",)), B),
    )


def test_without_a_word_every_site_is_meant_and_its_own_link_alone(world: World) -> None:
    found = places(world, "latency", None)
    assert [place.name for place in found] == ["site a", "site b"]
    assert found[0].ends == {
        Way.FROM_DESKTOPS: End("dsxa", A.inner, outgoing=True),
        Way.TO_DESKTOPS: End("", A.outer, outgoing=False),
    }
    assert (found[0].namespace, found[0].near, found[0].far) == ("dsxa", A.address, A.gateway)
    assert found[0].target == Target() and found[0].agents == ("1",)


def test_one_site_can_be_meant(world: World) -> None:
    assert [place.name for place in places(world, "latency", {"site": "b"})] == ["site b"]


def test_ways_are_both_or_one() -> None:
    assert ways("both") == (Way.FROM_DESKTOPS, Way.TO_DESKTOPS)
    assert ways("to_desktops") == (Way.TO_DESKTOPS,)


def test_at_an_interface_the_worlds_api_is_the_witness_and_what_comes_in_goes_over_an_ifb(world: World) -> None:
    name = _some_interface()
    place = places(world, "latency", {"interface": name, "cidrs": ["127.0.0.0/8"], "ports": [443]})[0]
    assert place.target == Target(("127.0.0.0/8",), ((443, 443),))
    assert place.witness == ("127.0.0.1", 443)
    assert place.ends[Way.FROM_DESKTOPS] == End("", name, outgoing=True)
    ifb = place.ends[Way.TO_DESKTOPS]
    assert (ifb.fed_by, ifb.interface[:3], len(ifb.interface)) == (name, "dsi", 13)
    given = {"interface": name, "whole_interface": True, "witness": "198.18.0.9:7"}
    assert places(world, "latency", given)[0].witness == ("198.18.0.9", 7)


def test_holes_are_where_packets_arrive_if_both_ends_are_ours(world: World) -> None:
    place = places(world, "blackhole", {"site": "a"})[0]
    assert holes(place, list(Way)) == [
        Hole("", A.outer, "ingress", True, Target()),
        Hole("dsxa", A.inner, "ingress", False, Target()),
    ]
    name = _some_interface()
    place = places(world, "blackhole", {"interface": name, "whole_interface": True})[0]
    assert [(hole.interface, hole.hook) for hole in holes(place, list(Way))] == [(name, "egress"), (name, "ingress")]


@pytest.mark.parametrize(
    ("on", "sentence"),
    [
        ({"sites": "a"}, "on: expected keys of site, interface, cidrs, ports, whole_interface, witness, found 'sites'"),
        ({"site": "c"}, "on.site: expected one of a, b, found 'c'"),
        ({"interface": "lo", "whole_interface": True}, "found 'lo'"),
        ({"interface": "no-such"}, "found 'no-such'"),
        ({"interface": None, "site": "a"}, "on: expected a site or an interface, found 'both'"),
        ({"interface": ""}, '"whole_interface": true for everything, found []'),
        ({"interface": "", "whole_interface": "yes"}, "on.whole_interface: expected true or false, found 'yes'"),
        ({"interface": "", "whole_interface": True, "witness": "x"}, "found 'x'"),
        ({"interface": "", "whole_interface": True, "witness": "no.such.invalid:443"}, "a host that can be resolved"),
        ({"interface": "", "cidrs": ["203.0.113.0/24"], "witness": "198.18.0.9:7"}, "inside 203.0.113.0/24 and the"),
        ({"interface": "", "whole_interface": True, "ports": [80], "witness": "198.18.0.9:7"}, "found '198.18.0.9:7'"),
    ],
)
def test_what_is_off_is_named(world: World, on: dict[str, Any], sentence: str) -> None:
    if on.get("interface", "none") in ("", None):
        on = {**on, "interface": _some_interface()}
    with pytest.raises(BadInput) as refused:
        places(world, "latency", on)
    assert sentence in str(refused.value)


def test_a_world_without_sites_needs_an_interface(world: World) -> None:
    with pytest.raises(BadInput) as refused:
        places(replace(world, sites=()), "latency", {})
    expected = 'a world with sites ("network": {"sites": 1} in the experiment), or on.interface'
    assert str(refused.value) == f"latency in this world: expected {expected}, found 'neither'"


def test_a_direction_that_there_is_not_is_refused() -> None:
    with pytest.raises(BadInput, match="direction: expected one of both, from_desktops, to_desktops, found 'up'"):
        ways("up")


def _some_interface() -> str:
    """An interface of this machine that nothing is done to."""
    return sorted(path.name for path in Path("/sys/class/net").iterdir() if path.name != "lo")[0]
