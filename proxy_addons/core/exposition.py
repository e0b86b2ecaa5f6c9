"""What passes through the wire, for Prometheus: `GET /metrics` on loopback, in real-world units."""

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from proxy_addons.core.traffic import Traffic

# Real-world seconds over which each number looks back: scrape at least as often.
WINDOW_S = 5.0
# And for which a ratio or a percentile holds after it was last measured. A floor that is cut off tries again every now
# and then, at most half a minute apart: between two attempts it is no better off.
HOLD_S = 60.0
LIMIT_S = 5.0
TYPE = "text/plain; version=0.0.4; charset=utf-8"


HELP = {
    "deskstorm_api_requests": "API requests answered in the last 5 s, or waiting.",
    "deskstorm_api_errors": "Those of them answered 429 or 5xx, or not at all.",
    "deskstorm_websockets_open": "WebSockets that are open.",
    "deskstorm_api_p99_seconds": "99th percentile of the API's answers, last 5 s.",
    "deskstorm_websocket_error_ratio": "Handshakes refused and abnormal closes over all WebSockets, last 5 s.",
}


def measured(stats: Mapping[str, Any], time_scale: float) -> dict[str, float]:
    """The wire's `stats` by the names for Prometheus; without a ratio or a percentile of nothing."""
    api, sockets = stats["api"], stats["websocket"]
    found = {
        "deskstorm_api_requests": api["count"],
        "deskstorm_api_errors": api["errors"],
        "deskstorm_websockets_open": sockets["open"],
    }
    if api["count"]:
        found["deskstorm_api_p99_seconds"] = api["p99_ms"] / 1000 / time_scale
    if sockets["open"] + sockets["opened"] + sockets["refused"] + sockets["abnormal"]:
        found["deskstorm_websocket_error_ratio"] = sockets["error_rate"]
    return found


def text(found: Mapping[str, float]) -> str:
    """Prometheus' text format."""
    return "".join(f"# HELP {name} {HELP[name]}\n# TYPE {name} gauge\n{name} {found[name]:g}\n" for name in found)


class Held:
    """What was measured last, for as long as it holds; `hold_s` and `now` in seconds of one clock."""

    def __init__(self, hold_s: float) -> None:
        self._hold_s = hold_s
        self._last: dict[str, tuple[float, float]] = {}

    def with_last(self, now: float, found: Mapping[str, float]) -> dict[str, float]:
        """`found`, and what is missing there and was measured not long ago."""
        self._last.update({name: (now, value) for name, value in found.items()})
        return {name: value for name, (then, value) in self._last.items() if now - then <= self._hold_s}


class Exposition:
    """Answers every `GET /metrics` with the numbers of that moment."""

    def __init__(self, traffic: Traffic, time_scale: float) -> None:
        self._traffic = traffic
        self._time_scale = time_scale
        self._held = Held(HOLD_S * time_scale)
        self._server: asyncio.Server | None = None

    async def listen(self) -> str:
        """Start, and say at which address."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}/metrics"

    def close(self) -> None:
        """Listen no longer."""
        if self._server:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(LIMIT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                await writer.drain()
        except (OSError, EOFError, ValueError, TimeoutError, asyncio.LimitOverrunError):
            pass  # the other side is gone, or speaks no HTTP
        finally:
            writer.close()

    def _answer(self, head: bytes) -> bytes:
        if not head.startswith((b"GET /metrics ", b"GET /metrics?")):
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        found = measured(self._traffic.stats(WINDOW_S * self._time_scale, None), self._time_scale)
        body = text(self._held.with_last(time.monotonic(), found)).encode()
        first = f"HTTP/1.1 200 OK\r\nContent-Type: {TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        return first.encode() + body
