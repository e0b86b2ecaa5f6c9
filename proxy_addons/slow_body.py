"""Answers that trickle."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import connection_handler
from proxy_addons.core.traffic import Call

TICK_S = 0.02


@dataclass(frozen=True)
class Parameters:
    """How slowly."""

    bytes_per_s: float = quantity(1000.0, "bytes/s", "pace of the body of each answer", 1, 1e9)


class SlowBody(Fault[Parameters]):
    """Bodies trickle at a pace; headers come at once. Over TLS a body of up to 16 KB is one record, which a client
    can read only when all of it has come."""

    name = "slow_body"
    parameters_type = Parameters

    def armed(self) -> None:
        """Nothing trickles yet."""
        self._writers: set[PacedWriter] = set()

    async def response(self, call: Call) -> None:
        """Put the pace between mitmproxy and the desktop's connection, for this answer."""
        handler = connection_handler(call.flow)
        io = handler.transports.get(call.flow.client_conn) if handler else None
        if not call.flow.response or not call.flow.response.raw_content or io is None or call.later:
            return
        status = call.flow.response.status_code
        call.later = True

        def sent(whole: bool) -> None:
            self._writers.discard(writer)
            io.writer = writer.inner
            call.cut = call.cut or not whole
            self.traffic.call_ended(call, status)

        writer = PacedWriter(io.writer, self.parameters.bytes_per_s, sent)
        io.writer = writer  # type: ignore[assignment]
        self._writers.add(writer)
        self.touch(call.agent, f"body of {call.method} {call.path} slowed", call)

    def disarmed(self) -> None:
        """Send the rest of every body at once."""
        for writer in list(self._writers):
            writer.release()


class PacedWriter:
    """Stands in for a connection's writer: the first write (the headers) passes, the others trickle.

    `sent(whole)` is called once, when all is sent or the other side is gone.
    """

    def __init__(self, inner: Any, bytes_per_s: float, sent: Callable[[bool], None]) -> None:
        self.inner = inner
        self._rate = bytes_per_s
        self._sent = sent
        self._waiting = bytearray()
        self._head_passed = False
        self._closing = False
        self._timer: asyncio.TimerHandle | None = None
        self._start = 0.0
        self._passed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, data: bytes) -> None:
        """Send the headers, queue up the rest."""
        if not self._head_passed:
            self._head_passed = True
            self.inner.write(data)
            return
        self._waiting += data
        if self._timer is None:
            self._start = asyncio.get_running_loop().time()
            self._wait()

    def close(self) -> None:
        """Close as soon as everything is sent."""
        self._closing = True
        if self._timer is None:
            self._finish(whole=not self._waiting)

    def release(self) -> None:
        """Send what is left at once."""
        if self._timer:
            self._timer.cancel()
        self.inner.write(bytes(self._waiting))
        self._waiting.clear()
        self._finish(whole=True)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(TICK_S, 1 / self._rate), self._tick)

    def _tick(self) -> None:
        if self.inner.is_closing():
            self._finish(whole=False)
            return
        due = int((asyncio.get_running_loop().time() - self._start) * self._rate) - self._passed
        self.inner.write(bytes(self._waiting[:due]))
        del self._waiting[:due]
        self._passed += due
        if self._waiting:
            self._wait()
        else:
            self._finish(whole=True)

    def _finish(self, whole: bool) -> None:
        self._timer = None
        self._sent(whole)
        if self._closing:
            self.inner.close()
