"""The voice of a crowd: RTP over UDP for every call in hand, sent and measured by one timer."""

import asyncio
import random
import socket
from collections.abc import Callable

from harness.evidence import EvidenceWriter
from simulator.desktop.effects import OpenVoice
from simulator.desktop.events import VoiceMeasured
from simulator.desktop.timings import Timings
from simulator.media.pace import Pace
from simulator.media.reception import Reception, Report
from simulator.media.rtp import CLOCK_HZ, PACKET_S, Stream, parsed
from simulator.media.udp import Address, UdpPort

REPORT_SECONDS = 5.0
Measured = Callable[[VoiceMeasured], object]


class VoicePath:
    """One call's path: sends to every candidate until one of them answers, then to that one."""

    def __init__(self, order: OpenVoice, time_scale: float, now: float, chance: random.Random) -> None:
        self.reception = Reception(CLOCK_HZ / time_scale)
        self.measured, self.measured_at = Report(), now
        self.written, self.written_at = Report(), now
        self._remote_ssrc = order.remote_ssrc
        self._targets: tuple[Address, ...] = order.candidates
        self._stream = Stream(order.ssrc, chance.getrandbits(16), chance.getrandbits(32))
        self._pace = Pace(PACKET_S * time_scale, now)
        self._port = UdpPort(_own_address(order.candidates), self._heard)

    def speak(self, now: float) -> None:
        """Send what is due."""
        packets, left_out = self._pace.due(now)
        if left_out:
            self._stream.skip(left_out)
        for _ in range(packets):
            packet = self._stream.next()
            for target in self._targets:
                self._port.send(packet, target)

    def close(self) -> None:
        """Hang up."""
        self._port.close()

    def _heard(self, datagram: bytes, sender: Address) -> None:
        packet = parsed(datagram)
        if packet is not None and packet.ssrc == self._remote_ssrc and sender in self._targets:
            self._targets = (sender,)
            self.reception.arrived(packet, asyncio.get_running_loop().time())


class Phones:
    """The voice paths of all desktops of a crowd, by agent and conversation; `timings` are scaled."""

    def __init__(self, timings: Timings, time_scale: float, seed: int, evidence: EvidenceWriter) -> None:
        self._timings = timings
        self._time_scale = time_scale
        self._chance = random.Random(f"{seed}:phones")
        self._evidence = evidence
        self._paths: dict[tuple[str, str], tuple[VoicePath, Measured]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def open(self, agent: str, order: OpenVoice, measured: Measured) -> None:
        """Begin to speak and listen; `measured` is called at every beat of the timings."""
        self.close(agent, order.conversation)
        now = asyncio.get_running_loop().time()
        self._paths[agent, order.conversation] = (VoicePath(order, self._time_scale, now, self._chance), measured)
        self._arm()

    def close(self, agent: str, conversation: str | None = None) -> None:
        """Hang up one path of an agent, or all; nothing to do where there is none."""
        for key in [key for key in self._paths if key[0] == agent and conversation in (None, key[1])]:
            path, _ = self._paths.pop(key)
            path.close()
            now = asyncio.get_running_loop().time()
            if now - path.written_at >= self._time_scale:
                self._write(*key, path, now)

    def _arm(self) -> None:
        if self._timer is None and self._paths:
            self._timer = asyncio.get_running_loop().call_later(PACKET_S * self._time_scale, self._beat)

    def _beat(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for (agent, conversation), (path, measured) in list(self._paths.items()):
            path.speak(now)
            if now - path.written_at >= REPORT_SECONDS * self._time_scale:
                self._write(agent, conversation, path, now)
            if now - path.measured_at >= self._timings.voice_beat_s:
                whole = path.reception.report(now)
                lately = whole.since(path.measured)
                path.measured, path.measured_at = whole, now
                measured(VoiceMeasured(conversation, lately.wanted, lately.received, lately.jitter_ms))
        self._arm()

    def _write(self, agent: str, conversation: str, path: VoicePath, now: float) -> None:
        whole = path.reception.report(now)
        lately = whole.since(path.written)
        path.written, path.written_at = whole, now
        self._evidence.write(
            "media.heard",
            agent=agent,
            conversation=conversation,
            loss_percent=lately.loss_percent,
            jitter_ms=lately.jitter_ms,
            received=lately.received,
            expected=lately.wanted,
        )


def _own_address(candidates: tuple[Address, ...]) -> str:
    """The address of ours from which a candidate is reached; that of the machine itself where none is."""
    for candidate in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            try:
                asking.connect(candidate)
            except OSError:
                continue
            return str(asking.getsockname()[0])
    return "127.0.0.1"
