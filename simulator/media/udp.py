"""One UDP port: what comes is read in bursts, what cannot be sent is lost, as datagrams may be."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

Address = tuple[str, int]
Heard = Callable[[bytes, Address], None]
BURST = 64
BUFFER_BYTES = 1 << 20
DATAGRAM_BYTES = 2048


class UdpPort:
    """A port of `host`, any free one; `heard` gets each datagram. Raises `OSError` where `host` is not ours."""

    def __init__(self, host: str, heard: Heard) -> None:
        self._heard = heard
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            # Both ends are on one link: should it be gone, nothing of it may leave by the machine's default route.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_DONTROUTE, 1)
            self._socket.setblocking(False)
            self._socket.bind((host, 0))
        except OSError:
            self._socket.close()
            raise
        self.address: Address = self._socket.getsockname()
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def send(self, datagram: bytes, to: Address) -> None:
        """Send, or lose it where there is no way or no room."""
        with contextlib.suppress(OSError):
            self._socket.sendto(datagram, to)

    def close(self) -> None:
        """Give the port back; may be called twice."""
        if self._socket.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()

    def _read(self) -> None:
        for _ in range(BURST):
            if self._socket.fileno() < 0:
                return
            try:
                datagram, sender = self._socket.recvfrom(DATAGRAM_BYTES)
            except BlockingIOError:
                return
            except OSError:
                # An ICMP error of an earlier datagram; whoever listens will notice the silence.
                continue
            self._heard(datagram, sender)
