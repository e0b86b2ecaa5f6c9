"""The control channel: JSON lines over TCP, after a line with the token."""

import asyncio
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.errors import BadInput, DeskstormError
from proxy_addons.core.leases import Leases
from proxy_addons.core.traffic import Traffic

Answer = dict[str, Any]
LONGEST_LINE = 1 << 20


class Control:
    """Listens on loopback; one answer line for each request line."""

    def __init__(self, token: str, leases: Leases, traffic: Traffic) -> None:
        self._token = token
        self._leases = leases
        self._traffic = traffic
        self._server: asyncio.Server | None = None
        self._verbs: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
            "arm": self._arm,
            "disarm": self._disarm,
            "state": lambda request: {"armed": leases.state()},
            "stats": self._stats,
            "sockets": self._sockets,
            "faults": lambda request: {"faults": leases.described()},
        }

    async def listen(self) -> tuple[str, int]:
        """Start, and say where."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_LINE)
        host, port = self._server.sockets[0].getsockname()
        return str(host), int(port)

    def close(self) -> None:
        """Listen no longer."""
        if self._server:
            self._server.close()

    def answer(self, line: bytes) -> Answer:
        """The answer to one request line; what is wrong with it is said in one line."""
        try:
            request = json.loads(line)
            if not isinstance(request, dict) or request.get("do") not in self._verbs:
                raise BadInput("request", f"an object with do: one of {', '.join(self._verbs)}", _short(line))
            return {"ok": True, **self._verbs[request["do"]](request)}
        except DeskstormError as error:
            return {"error": str(error)}
        except ValueError as error:
            return {"error": f"request: expected a line of JSON, found {_short(line)!r} ({error})"}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not self._knows(await reader.readline()):
                writer.write(b'{"error":"the first line must be the token of this wire"}\n')
                await writer.drain()
                return
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError):
            pass  # the other side is gone, or sent a line without an end
        finally:
            writer.close()

    def _knows(self, line: bytes) -> bool:
        try:
            given = json.loads(line)
        except ValueError:
            return False
        token = given.get("token") if isinstance(given, dict) else None
        return isinstance(token, str) and hmac.compare_digest(token.encode(), self._token.encode())

    def _arm(self, request: Mapping[str, Any]) -> Answer:
        self._leases.arm(request)
        return {}

    def _disarm(self, request: Mapping[str, Any]) -> Answer:
        return {"disarmed": self._leases.disarm(request.get("id"), request.get("fault"))}

    def _stats(self, request: Mapping[str, Any]) -> Answer:
        window_s, agents = request.get("window_s", 10), request.get("agents")
        if isinstance(window_s, bool) or not isinstance(window_s, int | float) or not 0 < window_s <= 120:
            raise BadInput("window_s", "more than 0 and at most 120 s", window_s)
        if agents is not None and not isinstance(agents, list):
            raise BadInput("agents", "a list of ids, or null for all", agents)
        return self._traffic.stats(window_s, None if agents is None else frozenset(agents))

    def _sockets(self, request: Mapping[str, Any]) -> Answer:
        found = self._traffic.sockets.values()
        return {"sockets": [{"agent": s.agent, "channel": s.channel, "opened_t": s.opened_t} for s in found]}


def _short(line: bytes) -> str:
    return line[:80].decode(errors="replace").strip()
