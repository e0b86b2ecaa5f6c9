"""Namespaces of our own: what `ip` is asked, which link is taken, and that nothing of them stays."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network

import pytest

from harness.errors import BadInput
from harness.network import namespaces
from harness.network.inside import NAMESPACES, inside
from harness.network.namespaces import claim, free_links, furnish, links_of, make, names, remove
from harness.network.shell import ToolFailed
from harness.network.site import LINKS, RANGE, Site

IP = ("ip",)
SITE = Site.on_link("a", "ds0123456789a", 65)


def test_a_link_is_created_with_its_inner_end_inside_at_once() -> None:
    assert claim(SITE) == [
        "link add ds0041out type veth peer name ds0041in netns ds0123456789a".split(),
    ]


def test_both_ends_get_their_addresses_and_come_up_and_so_does_the_loopback_inside() -> None:
    assert furnish(SITE) == [
        [*"link set ds0041out alias".split(), "deskstorm ds0123456789a", "addrgenmode", "none"],
        "-n ds0123456789a link set ds0041in addrgenmode none".split(),
        "addr add 198.18.1.5/30 dev ds0041out".split(),
        "-n ds0123456789a addr add 198.18.1.6/30 dev ds0041in".split(),
        "-n ds0123456789a link set lo up".split(),
        "-n ds0123456789a link set ds0041in up".split(),
        "link set ds0041out up".split(),
    ]


@pytest.mark.parametrize(
    ("first", "in_use", "found"),
    [
        (0, [], [0, 1]),
        (LINKS - 1, [], [LINKS - 1, 0]),
        (0, ["198.18.0.0/30"], [1, 2]),
        (0, ["198.18.0.6/32"], [0, 2]),
        (7, ["198.18.0.0/24"], [64, 65]),
        (0, ["10.0.0.0/8", "192.0.2.0/24"], [0, 1]),
        (0, ["128.0.0.0/1", "0.0.0.0/0"], [0, 1]),
    ],
)
def test_a_link_overlaps_with_nothing_that_is_in_use(first: int, in_use: list[str], found: list[int]) -> None:
    links = iter(free_links(first, [IPv4Network(text) for text in in_use]))
    assert [next(links), next(links)] == found


def test_a_range_that_is_all_in_use_has_no_free_link() -> None:
    assert list(free_links(9, [RANGE])) == []


# with the real thing: as root


@pytest.fixture
def namespace() -> Iterator[str]:
    name = namespaces.new_name("a", namespaces.new_run_hex())
    yield name
    remove(name)


def listens_at(address: str) -> socket.socket:
    return socket.create_server((address, 0))


@pytest.mark.world
def test_what_is_inside_reaches_the_gateway_and_itself(namespace: str) -> None:
    site = Site.from_json(make(namespace, "a"))
    with listens_at(site.gateway) as listener:
        inner = inside(namespace, lambda: socket.create_connection(listener.getsockname(), timeout=2))
        outer, (host, _) = listener.accept()
        with inner, outer:
            assert host == site.address
    with inside(namespace, lambda: listens_at("127.0.0.1")) as own:
        inside(namespace, lambda: socket.create_connection(own.getsockname(), timeout=2).close())
        with pytest.raises(ConnectionRefusedError):  # a loopback of its own
            socket.create_connection(own.getsockname(), timeout=2)


@pytest.mark.world
def test_a_link_says_whose_it_is(namespace: str) -> None:
    site = make(namespace, "a")
    shown = json.loads(subprocess.run([*IP, "-j", "link", "show", site["outer"]], capture_output=True).stdout)
    assert shown[0]["ifalias"] == f"deskstorm {namespace}"
    assert links_of(namespace) == [site["inner"]]


@pytest.mark.world
def test_several_made_at_once_have_links_of_their_own() -> None:
    # All of them begin to look at the same number.
    wanted = [f"ds00000000{number:02x}a" for number in range(6)]
    wanted = [f"ds{namespaces.new_run_hex()[:4]}{name[6:]}" for name in wanted]
    try:
        with ThreadPoolExecutor(len(wanted)) as pool:
            made = [Site.from_json(found) for found in pool.map(lambda name: make(name, "a"), wanted)]
        assert len({site.outer for site in made}) == len({site.gateway for site in made}) == len(wanted)
        networks = {IPv4Network(f"{site.gateway}/30", strict=False) for site in made}
        assert len(networks) == len(wanted)
    finally:
        for name in wanted:
            remove(name)


@pytest.mark.world
def test_a_link_of_that_name_is_left_to_whom_it_belongs(namespace: str) -> None:
    first = make(namespace, "a")
    # The same number to begin with, and its address is not in use any more: only the name says that it is taken.
    _ip("addr", "flush", "dev", first["outer"])
    second_name = f"ds{int(first['outer'][2:6], 16):010x}b"
    try:
        second = make(second_name, "b")
        assert int(second["outer"][2:6], 16) == int(first["outer"][2:6], 16) + 1
    finally:
        remove(second_name)
    assert links_of(namespace) == [first["inner"]]


@pytest.mark.world
def test_removing_takes_the_link_along_at_once_and_may_be_done_twice(namespace: str) -> None:
    site = make(namespace, "a")
    remove(namespace)
    assert namespace not in names()
    assert site["outer"] not in _links()
    remove(namespace)


@pytest.mark.world
def test_removing_does_not_wait_for_who_is_still_inside(namespace: str) -> None:
    site = make(namespace, "a")
    stays = subprocess.Popen(
        [*IP, "netns", "exec", namespace, sys.executable, "-c", "print(flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with stays:
        assert stays.stdout is not None
        stays.stdout.readline()
        remove(namespace)
        assert namespace not in names()
        assert site["outer"] not in _links()
        assert stays.poll() is None
        stays.kill()


@pytest.mark.world
@pytest.mark.parametrize("done", ["nothing", "the name", "the namespace", "the link"])
def test_what_was_made_in_part_is_removed(namespace: str, done: str) -> None:
    site = Site.on_link("a", namespace, int(namespace[2:12], 16) % LINKS)
    if done == "the name":
        (NAMESPACES / namespace).touch()
    elif done != "nothing":
        _ip("netns", "add", namespace)
    if done == "the link":
        for words in claim(site):
            _ip(*words)
    remove(namespace)
    assert namespace not in names()
    assert site.outer not in _links()


def test_a_name_that_could_be_somebody_elses_is_refused() -> None:
    with pytest.raises(BadInput, match=r"namespace: expected a name like ds\[0-9a-f\]"):
        make("default", "a")


@pytest.mark.world
def test_what_ip_refuses_is_told_in_its_words(namespace: str) -> None:
    make(namespace, "a")
    with pytest.raises(ToolFailed, match=f"ip netns add {namespace}: .*File exists"):
        make(namespace, "a")


def _ip(*words: str) -> None:
    subprocess.run([*IP, *words], check=True, capture_output=True)


def _links() -> list[str]:
    shown = subprocess.run([*IP, "-j", "link"], check=True, capture_output=True).stdout
    return [link["ifname"] for link in json.loads(shown)]
