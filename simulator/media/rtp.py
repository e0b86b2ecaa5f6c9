"""RTP packets (RFC 3550, section 5.1) of G.711 mu-law at 8000 Hz, 20 ms each (RFC 3551)."""

import struct
from dataclasses import dataclass

VERSION = 2
PCMU = 0
CLOCK_HZ = 8000
SAMPLES = 160
PACKET_S = SAMPLES / CLOCK_HZ
SEQUENCES = 1 << 16
TIMESTAMPS = 1 << 32
# A byte a sample; 0xFF is silence in mu-law.
SILENCE = b"\xff" * SAMPLES
HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet without padding, contributing sources or extension."""

    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = SILENCE
    marker: bool = False
    payload_type: int = PCMU

    def packed(self) -> bytes:
        """The packet as it goes on the wire."""
        return (
            HEADER.pack(VERSION << 6, self.marker << 7 | self.payload_type, self.sequence, self.timestamp, self.ssrc)
            + self.payload
        )


def parsed(datagram: bytes) -> Packet | None:
    """The packet in `datagram`, as a stranger may have sent it; None if it is no RTP of version 2."""
    if len(datagram) < HEADER.size:
        return None
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(datagram)
    begin = HEADER.size + 4 * (first & 0x0F)
    if first >> 6 != VERSION or len(datagram) < begin:
        return None
    if first & 0x10:
        begin = _after_extension(datagram, begin)
    end = len(datagram) - (datagram[-1] if first & 0x20 else 0)
    if begin > end:
        return None
    return Packet(sequence, timestamp, ssrc, datagram[begin:end], bool(second & 0x80), second & 0x7F)


def _after_extension(datagram: bytes, begin: int) -> int:
    """Where the payload starts behind a header extension (section 5.3.1); behind the end where it is cut short."""
    if len(datagram) < begin + 4:
        return len(datagram) + 1
    return begin + 4 + 4 * int.from_bytes(datagram[begin + 2 : begin + 4], "big")


class Stream:
    """What one end sends: `next` gives one packet after the other, as bytes.

    Sequence number and timestamp start anywhere and wrap. `skip` lets time pass in which nothing is sent.
    """

    def __init__(self, ssrc: int, sequence: int = 0, timestamp: int = 0) -> None:
        self.ssrc = ssrc
        self.sent = 0
        self._sequence = sequence % SEQUENCES
        self._timestamp = timestamp % TIMESTAMPS
        self._talkspurt = True

    def next(self) -> bytes:
        """The next 20 ms; the first packet of a talkspurt is marked."""
        packet = Packet(self._sequence, self._timestamp, self.ssrc, marker=self._talkspurt)
        self._talkspurt = False
        self._sequence = (self._sequence + 1) % SEQUENCES
        self.skip(1)
        self.sent += 1
        return packet.packed()

    def skip(self, packets: int) -> None:
        """Let the time of so many packets pass; what was never sent is no loss."""
        self._timestamp = (self._timestamp + packets * SAMPLES) % TIMESTAMPS
        self._talkspurt = self._talkspurt or packets > 1
