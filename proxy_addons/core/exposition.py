"""What passes through the wire, for Prometheus: `GET /metrics` on loopback, in real-world units."""

import asyncio
from collections.abc import Mapping
from typing import Any

from proxy_addons.core.traffic import Traffic

# Real-world seconds over which each number looks back: scrape at least as often.
WINDOW_S = 5.0
LIMIT_S = 5.0
TYPE = "text/plain; version=0.0.4; charset=utf-8"


def text(stats: Mapping[str, Any], time_scale: float) -> str:
    """Prometheus' text format of the wire's `stats`; a ratio or a percentile of nothing is left out."""
    api, sockets = stats["api"], stats["websocket"]
    found = [
        ("deskstorm_api_requests", "API requests answered in the last 5 s, or waiting.", api["count"]),
        ("deskstorm_api_errors", "Those of them answered 429 or 5xx, or not at all.", api["errors"]),
        ("deskstorm_websockets_open", "WebSockets that are open.", sockets["open"]),
    ]
    if api["count"]:
        p99_s = api["p99_ms"] / 1000 / time_scale
        found.append(("deskstorm_api_p99_seconds", "99th percentile of the API's answers, last 5 s.", p99_s))
    if sockets["open"] + sockets["opened"] + sockets["refused"] + sockets["abnormal"]:
        ratio, words = sockets["error_rate"], "Handshakes refused and abnormal closes over all WebSockets, last 5 s."
        found.append(("deskstorm_websocket_error_ratio", words, ratio))
    return "".join(f"# HELP {name} {words}\n# TYPE {name} gauge\n{name} {value:g}\n" for name, words, value in found)


class Exposition:
    """Answers every `GET /metrics` with the numbers of that moment."""

    def __init__(self, traffic: Traffic, time_scale: float) -> None:
        self._traffic = traffic
        self._time_scale = time_scale
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
        body = text(self._traffic.stats(WINDOW_S * self._time_scale, None), self._time_scale).encode()
        first = f"HTTP/1.1 200 OK\r\nContent-Type: {TYPE}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        return first.encode() + body
