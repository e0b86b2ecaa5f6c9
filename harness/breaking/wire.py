"""The control channel of the wire, from outside: arm and disarm faults, and ask what is in force."""

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from harness.errors import BadInput, Unreachable
from harness.scope import Scope
from harness.world import Wire

LIMIT_S = 5.0


@dataclass(frozen=True)
class ArmedFault:
    """One fault in force: how often it has touched traffic, and how long it still lasts."""

    id: str
    fault: str
    touched: int
    left_s: float


@dataclass(frozen=True)
class WireStats:
    """What passed through the wire in the last `window_s` seconds.

    `errors` counts answers of 429 and 5xx and calls without any answer. `p99_ms` is in wall time and counts what
    calls still waiting have waited so far; it is 0 without calls. `abnormal` closes are those with other codes than
    1000 and 1001. `error_rate` is refused handshakes and abnormal closes over all sockets there were in the window.
    """

    count: int
    errors: int
    p99_ms: float
    open: int
    opened: int
    refused: int
    abnormal: int
    error_rate: float


@dataclass(frozen=True)
class WireSocket:
    """One open WebSocket; `opened_t` is CLOCK_MONOTONIC in nanoseconds."""

    agent: str | None
    channel: str
    opened_t: int


class WireControl:
    """A client of one wire's control channel; connects when first asked, and again after a lost connection.

    Raises `Unreachable` if the wire does not answer within 5 s, `BadInput` if it refuses an order.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._socket: socket.socket | None = None
        self._received = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; faults stay as they are. May be called twice."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._received = None, b""

    def arm(
        self, fault: str, lease: str, scope: Scope, parameters: Mapping[str, Any], seconds: float, seed: int
    ) -> None:
        """Put `fault` in force for at most `seconds` of wall time; `parameters` are taken literally, too."""
        order = {"fault": fault, "id": lease, "scope": scope.as_json(), "parameters": dict(parameters)}
        self.ask({"do": "arm", **order, "seconds": seconds, "seed": seed})

    def disarm(self, lease: str | None = None, fault: str | None = None) -> list[str]:
        """Take back one lease, all leases of one fault, or everything; the ids of what was in force."""
        named = {"id": lease, "fault": fault}
        answer = self.ask({"do": "disarm", **{key: value for key, value in named.items() if value is not None}})
        return [str(lease) for lease in answer["disarmed"]]

    def state(self) -> list[ArmedFault]:
        """The faults in force."""
        return [ArmedFault(**armed) for armed in self.ask({"do": "state"})["armed"]]

    def stats(self, window_s: float = 10.0, agents: Sequence[str] | None = None) -> WireStats:
        """What passed in the last `window_s` wall seconds, of all agents or of those named."""
        asked = None if agents is None else list(agents)
        answer = self.ask({"do": "stats", "window_s": window_s, "agents": asked})
        return WireStats(**answer["api"], **answer["websocket"])

    def sockets(self) -> list[WireSocket]:
        """The WebSockets that are open through the wire."""
        return [WireSocket(**found) for found in self.ask({"do": "sockets"})["sockets"]]

    def faults(self) -> list[dict[str, Any]]:
        """What can be armed: `{"name", "help", "parameters": [{"name", "type", "unit", "default", "help", "low",
        "high"}]}` each."""
        found: list[dict[str, Any]] = self.ask({"do": "faults"})["faults"]
        return found

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request and return the answer; a lost connection is tried once more."""
        again = self._socket is not None
        try:
            answer = self._ask(request)
        except (OSError, ValueError) as error:
            self.close()
            if not again or isinstance(error, TimeoutError):
                raise self._unreachable(error) from error
            try:
                answer = self._ask(request)
            except (OSError, ValueError) as second:
                self.close()
                raise self._unreachable(second) from second
        if "error" in answer:
            raise BadInput(f"wire: {request.get('do')}", "an order that the wire can carry out", answer["error"])
        return answer

    def _unreachable(self, error: Exception) -> Unreachable:
        address = f"{self._wire.control_host}:{self._wire.control_port}"
        return Unreachable("the wire", address, str(error) or type(error).__name__)

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        if self._socket is None:
            self._socket = socket.create_connection((self._wire.control_host, self._wire.control_port), LIMIT_S)
            self._socket.settimeout(LIMIT_S)
            self._send({"token": self._wire.token})
        self._send(request)
        return self._answer()

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._socket is not None:
            self._socket.sendall(json.dumps(message).encode() + b"\n")

    def _answer(self) -> dict[str, Any]:
        while b"\n" not in self._received:
            chunk = self._socket.recv(65536) if self._socket is not None else b""
            if not chunk:
                raise ConnectionError("the control connection was closed")
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        found = json.loads(line)
        if not isinstance(found, dict):
            raise ValueError(f"the answer is no object: {line[:80]!r}")
        return found
