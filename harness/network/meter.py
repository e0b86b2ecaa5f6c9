"""What a path does to packets, measured on the path itself: connect times, and numbered datagrams each way.

This is the proof that a network fault is in force. Counters of qdiscs are the fault's own word and stand beside it.
"""

import errno
import socket
import statistics
import struct
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from types import TracebackType

from harness.errors import Unreachable
from harness.network.inside import inside
from harness.waiting import pause

HEAD = struct.Struct("!QQI")
# From <asm-generic/socket.h>; Python names neither.
SO_NO_CHECK, SO_TIMESTAMPNS = 11, 35
TIMES = struct.Struct("@ll")
BUFFER = 16_000_000
AT_ONCE = 32
LATE_S = 0.3
TRIES = 50


@dataclass(frozen=True)
class Connects:
    """TCP connects: what each took in milliseconds, and how many did not come about."""

    times_ms: tuple[float, ...]
    failed: int

    @property
    def p50_ms(self) -> float | None:
        """The middle one; None if none came about."""
        return round(statistics.median(self.times_ms), 2) if self.times_ms else None

    def __add__(self, more: "Connects") -> "Connects":
        return Connects(self.times_ms + more.times_ms, self.failed + more.failed)


@dataclass(frozen=True)
class Heard:
    """Numbered datagrams that went one way. `arrived` are different ones, spoilt ones among them; `repeated` came once
    more, `overtaking` came before one that was sent earlier.

    `delays_ms` are one-way, in the order of arrival; `rate_bit` is how fast they arrived, headers included, after the
    first quarter.
    """

    sent: int
    arrived: int
    repeated: int
    spoilt: int
    overtaking: int
    delays_ms: tuple[float, ...]
    rate_bit: float

    @property
    def lost_percent(self) -> float:
        """The share that did not arrive."""
        return round(100 * (self.sent - self.arrived) / self.sent, 3)

    @property
    def p50_ms(self) -> float | None:
        """The middle delay; None if nothing arrived."""
        return round(statistics.median(self.delays_ms), 2) if self.delays_ms else None


class Meter:
    """Measures between `near` (an address inside `namespace`) and `far` (an address out here). Use as a context.

    The far side has one of `ports` (inclusive ranges) if there are any. Where somebody listens already, that is who is
    connected to.
    """

    def __init__(self, namespace: str, near: str, far: str, ports: Sequence[tuple[int, int]] = ()) -> None:
        self._namespace = namespace
        with ExitStack() as made:
            self._far = made.enter_context(_at_one_of(far, ports))
            self._near = made.enter_context(inside(namespace, lambda: _datagrams(near, 0)))
            self._listener: socket.socket | None = None
            self._address: tuple[str, int] = (far, self._far.getsockname()[1] if ports else 0)
            try:
                self._listener = made.enter_context(socket.create_server(self._address, backlog=512))
                self._address = self._listener.getsockname()
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise Unreachable("the meter's own address", far, str(error.strerror)) from None
            self._open = made.pop_all()

    @property
    def ports(self) -> tuple[int, int]:
        """The far ports of its datagrams and of its connects."""
        return int(self._far.getsockname()[1]), int(self._address[1])

    def __enter__(self) -> "Meter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def connects(self, count: int, within_s: float = 3.0, all_s: float = 60.0) -> Connects:
        """`count` TCP connects from near to far, one after the other, each given up after `within_s`; fewer if so many
        are not begun within `all_s`."""
        deadline = time.monotonic() + all_s
        times: list[float | None] = []
        while not times or (len(times) < count and time.monotonic() < deadline):
            times.append(connect_ms(self._namespace, self._address, within_s))
        self._forget_connections()
        made = tuple(took for took in times if took is not None)
        return Connects(made, len(times) - len(made))

    def datagrams(
        self, outgoing: bool, count: int, size: int = 200, rate_bit: float = 0, late_s: float = LATE_S
    ) -> Heard:
        """`count` datagrams of `size` bytes (headers included), from near to far if `outgoing`, at most `rate_bit` fast
        (0: as fast as it goes); those that are still missing `late_s` after the last one are lost."""
        sender, receiver = (self._near, self._far) if outgoing else (self._far, self._near)
        list(_received(receiver))
        address = receiver.getsockname()
        hearing = _Hearing()
        payload = bytes(max(0, size - 42 - HEAD.size))
        gap_s = size * 8 / rate_bit if rate_bit else 0.0
        began = time.monotonic()
        for number in range(count):
            if number % AT_ONCE == 0 or gap_s:
                hearing.hear(receiver)
            if gap_s and (ahead := began + number * gap_s - time.monotonic()) > 0.001:
                pause(ahead)
            with suppress(OSError):  # a full queue loses it, as a link that is down does
                sender.sendto(_numbered(number, payload), address)
        hearing.wait(receiver, count, late_s)
        return hearing.heard(count, size)

    def stream_bit(self, outgoing: bool, size: int, within_s: float) -> float:
        """How fast `size` bytes go through one TCP connection, in bit/s; what is not through `within_s` does not
        count."""
        if self._listener is None:
            return 0.0
        with inside(self._namespace, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as near:
            near.settimeout(within_s)
            with suppress(OSError):
                near.connect(self._address)
                with self._listener.accept()[0] as far:
                    return _streamed(*((near, far) if outgoing else (far, near)), size, within_s)
        return 0.0

    def _forget_connections(self) -> None:
        if self._listener is None:
            return
        self._listener.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()


def connect_ms(namespace: str, address: tuple[str, int], within_s: float) -> float | None:
    """How long one TCP connect to `address` takes, in milliseconds; None if it does not come about in time."""
    with inside(namespace, lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM)) as link:
        link.settimeout(within_s)
        # Ended by a reset, so that nothing of it waits in TIME-WAIT.
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        began = time.monotonic()
        try:
            link.connect(address)
        except OSError:
            return None
        return (time.monotonic() - began) * 1000


def _streamed(sender: socket.socket, receiver: socket.socket, size: int, within_s: float) -> float:
    for end in (sender, receiver):
        end.setblocking(False)
    began = time.monotonic()
    sent = found = 0
    while found < size and time.monotonic() - began < within_s:
        with suppress(BlockingIOError):
            sent += sender.send(bytes(min(size - sent, 65536))) if sent < size else 0
        with suppress(BlockingIOError):
            found += len(receiver.recv(65536))
            continue
        pause(0.001)
    return found * 8 / (time.monotonic() - began)


class _Hearing:
    """What arrived so far: number, delay in ms and time of arrival of each."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.delays_ms: list[float] = []
        self.times: list[float] = []
        self.spoilt = 0

    def hear(self, receiver: socket.socket) -> int:
        """Take what has arrived; how many."""
        found = 0
        for at_ns, content in _received(receiver):
            found += 1
            number, sent_ns, check = HEAD.unpack_from(content.ljust(HEAD.size, b"\0"))
            self.times.append(at_ns / 1e9)
            if zlib.crc32(content[:16] + content[HEAD.size :]) != check:
                self.spoilt += 1
                continue
            self.numbers.append(number)
            self.delays_ms.append((at_ns - sent_ns) / 1e6)
        return found

    def wait(self, receiver: socket.socket, count: int, late_s: float) -> None:
        """Until all have arrived, or nothing for `late_s`."""
        quiet = time.monotonic()
        while time.monotonic() - quiet < late_s and len(set(self.numbers)) + self.spoilt < count:
            if self.hear(receiver):
                quiet = time.monotonic()
            pause(0.005)
        self.hear(receiver)

    def heard(self, sent: int, size: int) -> Heard:
        """All of it."""
        different = len(set(self.numbers))
        overtaking, lowest = 0, sent
        for number in reversed(self.numbers):
            overtaking += number > lowest
            lowest = min(lowest, number)
        steady = self.times[len(self.times) // 4 :]
        span = steady[-1] - steady[0] if len(steady) > 1 else 0.0
        return Heard(
            sent=sent,
            arrived=min(sent, different + self.spoilt),
            repeated=len(self.numbers) - different,
            spoilt=self.spoilt,
            overtaking=overtaking,
            delays_ms=tuple(self.delays_ms),
            rate_bit=(len(steady) - 1) * size * 8 / span if span else 0.0,
        )


def _at_one_of(address: str, ports: Sequence[tuple[int, int]]) -> socket.socket:
    for port in (port for low, high in ports for port in range(low, min(high, low + TRIES) + 1)):
        with suppress(Unreachable):
            return _datagrams(address, port)
    if ports:
        raise Unreachable("the meter's own address", address, f"no port free of {list(ports)}")
    return _datagrams(address, 0)


def _datagrams(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        # Without a checksum of UDP's own, so that what was spoilt on the way arrives and can be counted.
        made.setsockopt(socket.SOL_SOCKET, SO_NO_CHECK, 1)
        made.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        # Should the link be gone, nothing may leave by the machine's default route.
        made.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
        made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), BUFFER)
        made.bind((address, port))
        made.setblocking(False)
    except OSError as error:
        made.close()
        raise Unreachable("the meter's own address", address, str(error.strerror)) from None
    return made


def _numbered(number: int, payload: bytes) -> bytes:
    head = struct.pack("!QQ", number, time.time_ns())
    return head + struct.pack("!I", zlib.crc32(head + payload)) + payload


def _received(receiver: socket.socket) -> Iterator[tuple[int, bytes]]:
    """Time of arrival by the kernel (wall, ns) and content of each datagram that is there."""
    with suppress(OSError):
        while True:
            content, ancillary, _, _ = receiver.recvmsg(2048, 64)
            seconds, nanoseconds = TIMES.unpack_from(ancillary[0][2])
            yield seconds * 1_000_000_000 + nanoseconds, content
