"""A UDP port on real sockets."""

import asyncio
import json
import socket
from pathlib import Path

import pytest

from harness.network.inside import inside
from harness.network.shell import Shell
from harness.waiting import until
from simulator.media.udp import BURST, Address, UdpPort
from tests.harness.network.links import joined


def test_a_burst_of_datagrams_arrives_whole_and_in_order() -> None:
    async def exchange() -> list[bytes]:
        heard: list[bytes] = []
        done = asyncio.Event()

        def take(datagram: bytes, sender: Address) -> None:
            assert sender == one.address
            heard.append(datagram)
            if len(heard) == 3 * BURST:
                done.set()

        one, other = UdpPort("127.0.0.1", lambda datagram, sender: None), UdpPort("127.0.0.1", take)
        for number in range(3 * BURST):
            one.send(number.to_bytes(2, "big"), other.address)
        async with asyncio.timeout(5):
            await done.wait()
        one.close()
        other.close()
        other.close()
        return heard

    assert asyncio.run(exchange()) == [number.to_bytes(2, "big") for number in range(3 * BURST)]


def test_nobody_there_is_no_error() -> None:
    async def send() -> None:
        heard: list[bytes] = []
        gone, port = UdpPort("127.0.0.1", lambda *_: None), UdpPort("127.0.0.1", lambda found, _: heard.append(found))
        gone.close()
        answered = asyncio.Event()
        other = UdpPort("127.0.0.1", lambda *_: answered.set())
        for _ in range(3):
            port.send(b"x", gone.address)
        port.send(b"y", other.address)
        async with asyncio.timeout(5):
            await answered.wait()
        port.close()
        other.close()
        assert heard == []

    asyncio.run(send())


def test_an_address_of_somebody_else_is_refused() -> None:
    async def bind() -> None:
        with pytest.raises(OSError, match="assign"):
            UdpPort("192.0.2.1", lambda *_: None)

    asyncio.run(bind())


@pytest.mark.world
def test_what_is_for_nobody_on_the_link_does_not_leave_by_the_default_route() -> None:
    with joined(far_is_root=True) as link:
        there = Shell(link.near)
        # The kernel's own IPv6 chatter would be counted too.
        inside(link.near, lambda: Path("/proc/sys/net/ipv6/conf/all/disable_ipv6").write_text("1"))
        there.ip("route", "add", "default", "via", link.far_address)

        async def send() -> None:
            port = UdpPort(link.near_address, lambda *_: None)
            port.send(b"x", ("203.0.113.9", 9))
            port.close()

        before = sent_by(there, link.near_link)
        inside(link.near, lambda: asyncio.run(send()))
        assert sent_by(there, link.near_link) == before
        with inside(link.near, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as plain:
            plain.sendto(b"x", ("203.0.113.9", 9))
        until(lambda: sent_by(there, link.near_link) > before, "a plain datagram to take that route", 20)


def sent_by(shell: Shell, interface: str) -> int:
    found = json.loads(shell.ip("-s", "-j", "link", "show", "dev", interface))
    return int(found[0]["stats64"]["tx"]["packets"])
