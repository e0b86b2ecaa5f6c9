"""RTP packets on the wire, byte by byte, and whatever strangers send."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.media.rtp import SAMPLES, SEQUENCES, SILENCE, TIMESTAMPS, Packet, Stream, parsed

PACKETS = st.builds(
    Packet,
    sequence=st.integers(0, SEQUENCES - 1),
    timestamp=st.integers(0, TIMESTAMPS - 1),
    ssrc=st.integers(0, TIMESTAMPS - 1),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
    payload_type=st.integers(0, 127),
)


def test_a_packet_has_the_header_of_rfc_3550() -> None:
    packet = Packet(0x1234, 0xA0, 0xDEADBEEF, b"\x01\x02", marker=True)
    assert packet.packed().hex(" ") == "80 80 12 34 00 00 00 a0 de ad be ef 01 02"


def test_twenty_milliseconds_are_160_bytes_of_silence_behind_12_of_header() -> None:
    assert (len(Packet(0, 0, 1).packed()), set(SILENCE)) == (172, {0xFF})


@given(PACKETS)
def test_what_is_packed_is_parsed(packet: Packet) -> None:
    assert parsed(packet.packed()) == packet


@pytest.mark.parametrize(
    ("datagram", "payload"),
    [
        ("80 00 00 01 00 00 00 02 00 00 00 03 aa", "aa"),
        ("81 00 00 01 00 00 00 02 00 00 00 03 00 00 00 09 aa", "aa"),  # one contributing source
        ("90 00 00 01 00 00 00 02 00 00 00 03 be de 00 01 11 22 33 44 aa", "aa"),  # an extension of one word
        ("a0 00 00 01 00 00 00 02 00 00 00 03 aa 00 00 03", "aa"),  # three bytes of padding
    ],
)
def test_all_parts_of_a_header_are_understood(datagram: str, payload: str) -> None:
    assert parsed(bytes.fromhex(datagram)) == Packet(1, 2, 3, bytes.fromhex(payload))


@pytest.mark.parametrize(
    "datagram",
    [
        "",
        "80 00 00 01 00 00 00 02 00 00 00",  # shorter than a header
        "40 00 00 01 00 00 00 02 00 00 00 03",  # version 1
        "81 00 00 01 00 00 00 02 00 00 00 03",  # the contributing source is missing
        "90 00 00 01 00 00 00 02 00 00 00 03 be de",  # half an extension
        "90 00 00 01 00 00 00 02 00 00 00 03 be de 00 02 11 22 33 44",  # longer than it is
        "a0 00 00 01 00 00 00 02 00 00 00 03 aa 09",  # more padding than there is
    ],
)
def test_what_is_no_packet_is_none(datagram: str) -> None:
    assert parsed(bytes.fromhex(datagram)) is None


@given(st.binary(max_size=64))
def test_no_datagram_is_an_error(datagram: bytes) -> None:
    packet = parsed(datagram)
    assert packet is None or len(packet.payload) <= len(datagram) - 12


def test_a_stream_counts_packets_and_samples_and_marks_its_first() -> None:
    stream = Stream(7, sequence=SEQUENCES - 1, timestamp=TIMESTAMPS - SAMPLES)
    assert [parsed(stream.next()) for _ in range(3)] == [
        Packet(SEQUENCES - 1, TIMESTAMPS - SAMPLES, 7, marker=True),
        Packet(0, 0, 7),
        Packet(1, SAMPLES, 7),
    ]
    assert stream.sent == 3


def test_time_without_packets_moves_the_timestamp_alone() -> None:
    stream = Stream(7)
    stream.next()
    stream.skip(4)
    assert parsed(stream.next()) == Packet(1, 5 * SAMPLES, 7, marker=True)
