"""A UDP port on real sockets."""

import asyncio

import pytest

from simulator.media.udp import BURST, Address, UdpPort


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
