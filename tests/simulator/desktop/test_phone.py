"""The voice of a crowd over real UDP, against a peer that loses what it is told to lose."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.evidence import EvidenceWriter, read
from simulator.desktop.effects import OpenVoice
from simulator.desktop.events import VoiceMeasured
from simulator.desktop.phone import Phones
from simulator.desktop.timings import Timings
from simulator.media.rtp import SAMPLES, Packet, parsed
from simulator.media.udp import Address, UdpPort

SCALE = 0.05
OURS, THEIRS = 11, 22


class Peer:
    """Answers each packet with one of its own, unless `lost` says that this number is lost."""

    def __init__(self, lost: Callable[[int], bool] = lambda number: False, ssrc: int = THEIRS) -> None:
        self.heard: list[Packet] = []
        self._lost, self._ssrc = lost, ssrc
        self.port = UdpPort("127.0.0.1", self._answer)

    def _answer(self, datagram: bytes, sender: Address) -> None:
        packet = parsed(datagram)
        assert packet is not None
        number = len(self.heard)
        self.heard.append(packet)
        if not self._lost(number):
            self.port.send(Packet(number, number * SAMPLES, self._ssrc).packed(), sender)


async def measured(phones: Phones, order: OpenVoice, beats: int) -> list[VoiceMeasured]:
    """What a desktop is told in so many beats."""
    found: list[VoiceMeasured] = []
    done = asyncio.Event()

    def take(event: VoiceMeasured) -> None:
        found.append(event)
        if len(found) == beats:
            done.set()

    phones.open("agent-1", order, take)
    async with asyncio.timeout(10):
        await done.wait()
    return found


@pytest.fixture
def phones(tmp_path: Path) -> Iterator[Phones]:
    """The phones of a crowd whose evidence is in `tmp_path`."""
    evidence = EvidenceWriter(tmp_path, "crowd")
    yield Phones(Timings().scaled(SCALE), SCALE, 7, evidence)
    evidence.close()


def test_loss_is_measured_and_written_down(phones: Phones, tmp_path: Path) -> None:
    async def talk() -> list[VoiceMeasured]:
        peer = Peer(lost=lambda number: number % 4 == 3)
        found = await measured(phones, OpenVoice("c", OURS, THEIRS, (peer.port.address,)), beats=12)
        phones.close("agent-1")
        peer.port.close()
        assert {packet.ssrc for packet in peer.heard} == {OURS}
        return found

    found = asyncio.run(talk())
    expected, received = sum(one.expected for one in found), sum(one.received for one in found)
    assert 0.70 < received / expected < 0.80
    (first, *_) = read(tmp_path).of("media.heard")
    assert (first.agent, first["conversation"]) == ("agent-1", "c")
    assert 20.0 < first["loss_percent"] < 30.0
    assert first["expected"] - first["received"] == round(first["expected"] * first["loss_percent"] / 100)


def test_of_two_ways_the_one_that_answers_is_used(phones: Phones) -> None:
    async def talk() -> tuple[int, int]:
        deaf, peer = Peer(lost=lambda number: True), Peer()
        candidates = (deaf.port.address, peer.port.address)
        await measured(phones, OpenVoice("c", OURS, THEIRS, candidates), beats=4)
        phones.close("agent-1", "c")
        deaf.port.close()
        peer.port.close()
        return len(deaf.heard), len(peer.heard)

    in_vain, heard = asyncio.run(talk())
    assert 0 < in_vain < heard / 4


def test_a_stranger_is_not_listened_to(phones: Phones) -> None:
    async def talk() -> list[VoiceMeasured]:
        stranger = Peer(ssrc=99)
        found = await measured(phones, OpenVoice("c", OURS, THEIRS, (stranger.port.address,)), beats=3)
        phones.close("agent-1")
        stranger.port.close()
        return found

    assert [(one.expected, one.received) for one in asyncio.run(talk())] == [(0, 0)] * 3
