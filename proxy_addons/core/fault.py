"""The base of every fault: parameters with units, scope, chance, a time limit, and letting go of what it holds.

To add a fault, write `proxy_addons/<name>.py` with one subclass of `Fault` that overrides the hooks it needs. They are
called only while it is armed and only for traffic inside its scope.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from random import Random
from typing import Any, ClassVar, Generic, TypeVar

from mitmproxy.websocket import WebSocketMessage

from harness.errors import BadInput
from harness.scope import Direction, Scope
from proxy_addons.core.sockets import Socket
from proxy_addons.core.traffic import Call, Traffic

TOPIC = re.compile(rb'"topicName"\s*:\s*"([^"]*)"')
P = TypeVar("P")


@dataclass(frozen=True)
class NoParameters:
    """A fault that has nothing to set."""


@dataclass(frozen=True)
class Order:
    """One order to put a fault in force, under the id of its lease, for at most `seconds` of wall time."""

    id: str
    fault: str
    scope: Scope
    seconds: float
    seed: int


def quantity(default: Any, unit: str, help: str, low: float | None = None, high: float | None = None) -> Any:
    """A parameter of a fault: its default, unit, what it means, and the range it must lie in."""
    return field(default=default, metadata={"unit": unit, "help": help, "low": low, "high": high})


def read_parameters(fault: str, kind: type[P], given: Mapping[str, Any]) -> P:
    """`kind` filled with what was given; `BadInput` for an unknown name, a wrong type or a value out of range."""
    known: dict[str, Field[Any]] = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    if unknown := set(given) - set(known):
        raise BadInput(f"{fault} parameter", f"one of {', '.join(sorted(known)) or 'none at all'}", sorted(unknown)[0])
    values = {name: _checked(f"{fault} {name}", known[name], value) for name, value in given.items()}
    return kind(**values)


def _checked(what: str, item: Field[Any], value: Any) -> Any:
    kind, low, high = type(item.default), item.metadata["low"], item.metadata["high"]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        words = {float: "a number", int: "a whole number", bool: "true or false", str: "text"}[kind]
        raise BadInput(what, f"{words} in {item.metadata['unit']}" if item.metadata["unit"] else words, value)
    # Written so that a value that is no number at all is outside as well.
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        upper = "" if high is None else f" and at most {high:g}"
        raise BadInput(what, f"at least {low:g}{upper} {item.metadata['unit']}".rstrip(), value)
    return value


def described(kind: type[Any]) -> list[dict[str, Any]]:
    """The parameters of a fault in plain values."""
    return [
        {"name": item.name, "type": type(item.default).__name__, "default": item.default, **item.metadata}
        for item in fields(kind)
    ]


class Fault(Generic[P]):
    """One armed fault. Alone it does nothing at all, which is what a sabotaged one is."""

    name: ClassVar[str] = ""
    parameters_type: ClassVar[type[Any]] = NoParameters

    def __init__(self, order: Order, parameters: P, traffic: Traffic) -> None:
        self.order = order
        self.parameters = parameters
        self.traffic = traffic
        self.touched = 0
        self._seen: dict[tuple[str | None, str], int] = {}
        self._held: dict[asyncio.Future[None], str] = {}
        self._timers: set[asyncio.TimerHandle] = set()

    # What a fault overrides.

    def armed(self) -> None:
        """Called once, when the fault comes into force."""

    def disarmed(self) -> None:
        """Called once, when it is taken back: let go of what was held back elsewhere than in `hold`."""

    async def request(self, call: Call) -> None:
        """An API request has come; answer it by setting `call.flow.response`, or hold it back."""

    async def response(self, call: Call) -> None:
        """Its answer has come, and has not been sent yet."""

    async def handshake(self, call: Call) -> None:
        """A desktop asks for a WebSocket."""

    def websocket_start(self, socket: Socket) -> Awaitable[None] | None:
        """A WebSocket was opened; nothing passes before what is returned is done."""
        return None

    def websocket_message(self, socket: Socket, message: WebSocketMessage) -> None:
        """A message has come and has not been sent on yet."""

    # What a fault builds on.

    def covers_call(self, call: Call) -> bool:
        """Whether this call is inside the scope."""
        scope = self.order.scope
        return scope.covers_path(call.path) and scope.covers_agent(call.agent, self.order.seed)

    def covers_socket(self, socket: Socket) -> bool:
        """Whether this socket is inside the scope."""
        scope = self.order.scope
        return scope.covers_path(socket.path) and scope.covers_agent(socket.agent, self.order.seed)

    def covers_message(self, socket: Socket, message: WebSocketMessage) -> bool:
        """Whether this message is inside the scope, by its socket, direction and topic."""
        scope = self.order.scope
        direction = Direction.TO_CLOUD if message.from_client else Direction.TO_DESKTOP
        if not scope.covers_direction(direction) or not self.covers_socket(socket):
            return False
        return scope.topic == "*" or scope.covers_topic(topic_of(message))

    def sockets(self) -> list[Socket]:
        """The open sockets inside the scope."""
        return [socket for socket in self.traffic.sockets.values() if self.covers_socket(socket)]

    def chance(self, agent: str | None, stream: str = "") -> Random:
        """The dice for this agent's next message: the same for the same seed, whatever the others do."""
        number = self._seen[agent, stream] = self._seen.get((agent, stream), 0) + 1
        return Random(f"{self.order.seed}:{self.name}:{agent}{stream}:{number}")

    def message_chance(self, socket: Socket, message: WebSocketMessage) -> Random:
        """The dice for a message on a socket; the two directions are counted apart."""
        return self.chance(socket.agent, ">" if message.from_client else "<")

    def touch(self, agent: str | None, what: str, call: Call | None = None) -> None:
        """Count one effect that was really applied."""
        self.touched += 1
        if call is not None:
            call.touched.append(self.order.fault)
        self.traffic.evidence.write("fault.touched", fault=self.order.fault, id=self.order.id, agent=agent, what=what)

    @staticmethod
    def now() -> float:
        """The loop's time."""
        return asyncio.get_running_loop().time()

    async def hold(self, call: Call, until: float | None = None, released: asyncio.Future[None] | None = None) -> None:
        """Wait until `until` (loop time), or the end of the fault, or until the caller has gone away.

        Who gives `released` may end it sooner with its result.
        """
        loop = asyncio.get_running_loop()
        released = loop.create_future() if released is None else released
        timer = None if until is None else loop.call_at(until, _let_go, released)
        self._held[released] = call.flow.client_conn.id
        try:
            await released
        finally:
            self._held.pop(released, None)
            if timer:
                timer.cancel()

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in `seconds`, unless the fault has ended by then."""

        def due() -> None:
            self._timers.discard(timer)
            action()

        timer = asyncio.get_running_loop().call_later(seconds, due)
        self._timers.add(timer)

    # What the leases call.

    def caller_left(self, connection: str) -> None:
        """A caller closed its connection: its calls are held no longer."""
        for released, held_for in list(self._held.items()):
            if held_for == connection:
                _let_go(released)

    def end(self) -> None:
        """Let go of everything."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        for released in list(self._held):
            _let_go(released)
        self.disarmed()


AnyFault = Fault[Any]


def topic_of(message: WebSocketMessage) -> str:
    """The notification topic of a message; empty if it has none."""
    found = TOPIC.search(message.content)
    return found.group(1).decode(errors="replace") if found else ""


def _let_go(released: asyncio.Future[None]) -> None:
    if not released.done():
        released.set_result(None)
