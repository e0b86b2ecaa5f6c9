"""One WebSocket that passes through the wire, and what can be done to it from outside.

mitmproxy processes what arrives on a socket in one order. Everything here keeps to that order: a message that was held
back, a close and a stall are put in as injected messages, and take effect when their turn comes.
"""

import asyncio
import socket as sockets
import struct
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from mitmproxy import ctx, http
from mitmproxy.connection import Connection, ConnectionState
from mitmproxy.proxy import layer as layers
from mitmproxy.proxy.layers import websocket
from mitmproxy.proxy.layers.websocket import WebSocketMessageInjected
from mitmproxy.proxy.mode_servers import ProxyConnectionHandler
from mitmproxy.websocket import WebSocketMessage

from proxy_addons.core.identity import Session

Action = Callable[[], Awaitable[None] | None]
TEXT, BINARY = 1, 2
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with no time to linger: close sends RST instead of FIN


@dataclass(slots=True)
class Held:
    """A message to be sent on at `due` (loop time); `owner` is the fault that holds it back."""

    content: bytes
    is_text: bool
    due: float = 0.0
    owner: object = None


class Courier:
    """Sends on what was held back in one direction of a socket, in order; what comes later queues up behind it."""

    def __init__(self, inject: Callable[[Held, "Courier"], None]) -> None:
        self._inject = inject
        self._queue: deque[Held] = deque()
        self._followers: list[Held] = []
        self._timer: asyncio.TimerHandle | None = None
        self.in_flight = 0

    def hold(self, message: WebSocketMessage, due: float, owner: object) -> None:
        """Take `message` out and send it on at `due`, or as soon as `owner` releases it."""
        message.dropped = True
        self.send(Held(message.content, message.is_text, due, owner))

    def follow(self, copy: Held) -> None:
        """Send `copy` right after the message that is being looked at."""
        self._followers.append(copy)

    def settle(self, message: WebSocketMessage) -> None:
        """The faults are done with `message`: it passes, or queues up behind what is held back."""
        if not message.dropped and (self._queue or self.in_flight):
            self.hold(message, 0.0, None)
        followers, self._followers = self._followers, []
        for copy in followers:
            self.send(copy)

    def send(self, message: Held) -> None:
        """Queue up a message; it is sent when it is due and all before it are sent."""
        self._queue.append(message)
        self._flush()

    def release(self, owner: object) -> None:
        """Send on all that `owner` holds back."""
        for held in self._queue:
            if held.owner is owner:
                held.due = 0.0
        self._flush()

    def close(self) -> None:
        """The socket is gone: nothing is sent any more."""
        self._queue.clear()
        if self._timer:
            self._timer.cancel()

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        if self._timer:
            self._timer.cancel()
            self._timer = None
        while self._queue and self._queue[0].due <= loop.time():
            self.in_flight += 1
            self._inject(self._queue.popleft(), self)
        if self._queue:
            self._timer = loop.call_at(self._queue[0].due, self._flush)


class Socket:
    """One open WebSocket between a desktop and the cloud."""

    def __init__(self, number: int, flow: http.HTTPFlow, channel: str, session: Session | None) -> None:
        self.number = number
        self.flow = flow
        self.channel = channel
        self.path = flow.request.path.partition("?")[0]
        self.opened_t = time.monotonic_ns()
        self.closed = False
        self._session = session
        # What was injected, in order: a courier's message, or an action whose turn it is then.
        self._injected: deque[Courier | Action] = deque()
        self._couriers = {True: Courier(self._inject_to_cloud), False: Courier(self._inject_to_desktop)}

    @property
    def agent(self) -> str | None:
        """The agent whose socket this is, as soon as that is known."""
        return self._session.agent if self._session else None

    @property
    def desktop_gone(self) -> bool:
        """Whether the desktop has closed its end of the connection."""
        return not self.flow.client_conn.state & ConnectionState.CAN_READ

    def courier(self, from_client: bool) -> Courier:
        """The courier of one direction."""
        return self._couriers[from_client]

    def release(self, owner: object) -> None:
        """Send on all that `owner` holds back in either direction."""
        for courier in self._couriers.values():
            courier.release(owner)

    def tell_desktop(self, text: str) -> None:
        """Send the desktop a message as if it came from the cloud."""
        self.courier(from_client=False).send(Held(text.encode(), is_text=True))

    def close(self, code: int, reason: str) -> bool:
        """End the socket with a close frame to both sides, after all that was sent before; False if it was gone."""
        layer = self._layer()
        close = websocket.wsproto.events.CloseConnection(code=code, reason=reason)  # type: ignore[attr-defined]
        # As if the cloud had sent it: mitmproxy passes it on to the desktop and answers it to the cloud.
        return layer is not None and self.do(lambda: layer.server_ws._events.append(close))

    def stall(self) -> asyncio.Future[None]:
        """From its turn on nothing passes in either direction, until the future that is returned is done."""
        released = asyncio.get_running_loop().create_future()
        self.do(lambda: released)
        return released

    def reset(self) -> bool:
        """Reset both connections at once (RST, not FIN); False if there was nothing left to reset."""
        handler = connection_handler(self.flow)
        found = [self._abort(handler, end) for end in (self.flow.client_conn, self.flow.server_conn)] if handler else []
        return any(found)

    def do(self, action: Action) -> bool:
        """Do something when its turn comes; the socket waits for what it returns. False if it was gone already."""
        return self._inject(Held(b"", is_text=True), False, action)

    def turn_of(self, message: WebSocketMessage) -> Awaitable[None] | None:
        """The turn of an injected message has come; what is returned must be awaited before it goes on."""
        owner = self._injected.popleft()
        if isinstance(owner, Courier):
            owner.in_flight -= 1
            return None
        message.dropped = True
        return owner()

    def ended(self) -> None:
        """Nothing is sent any more."""
        self.closed = True
        for courier in self._couriers.values():
            courier.close()

    def _inject_to_cloud(self, held: Held, courier: Courier) -> None:
        self._inject(held, True, courier)

    def _inject_to_desktop(self, held: Held, courier: Courier) -> None:
        self._inject(held, False, courier)

    def _inject(self, held: Held, from_client: bool, owner: Courier | Action) -> bool:
        if self.closed or connection_handler(self.flow) is None:
            return False
        self._injected.append(owner)
        message = WebSocketMessage(TEXT if held.is_text else BINARY, from_client, held.content)
        _proxyserver().inject_event(WebSocketMessageInjected(self.flow, message))
        return True

    def _layer(self) -> websocket.WebsocketLayer | None:
        handler = connection_handler(self.flow)
        tops = handler.layer.context.layers if handler else []
        return next((found for top in tops if (found := _websocket_layer(top, self.flow))), None)

    def _abort(self, handler: ProxyConnectionHandler, end: Connection) -> bool:
        io = handler.transports.get(end)
        if io is None or not isinstance(io.writer, asyncio.StreamWriter):
            return False
        raw = io.writer.get_extra_info("socket")
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, RESET_ON_CLOSE)
        io.writer.transport.abort()
        return True


def connection_handler(flow: http.HTTPFlow) -> ProxyConnectionHandler | None:
    """What serves the client of `flow`; None if that is gone."""
    found: ProxyConnectionHandler | None = _proxyserver().connections.get(flow.client_conn.id)
    return found


async def hang_up(within_s: float) -> None:
    """Close every client's connection, and wait until mitmproxy is done with it."""
    serving = [task for task in asyncio.all_tasks() if getattr(task.get_coro(), "__name__", "") == "handle_stream"]
    for handler in list(_proxyserver().connections.values()):
        io = handler.transports.get(handler.client)
        if io and io.handler:
            io.handler.cancel()
    if serving:
        await asyncio.wait(serving, timeout=within_s)


def _proxyserver() -> Any:
    return ctx.master.addons.lookup["proxyserver"]


def _websocket_layer(layer: Any, flow: http.HTTPFlow) -> websocket.WebsocketLayer | None:
    """The layer that relays `flow`; it is the only place from which a close can be started in order."""
    if isinstance(layer, websocket.WebsocketLayer):
        return layer if layer.flow is flow else None
    inner = layer.layer if isinstance(layer, layers.NextLayer) else getattr(layer, "child_layer", None)
    below = [*getattr(layer, "streams", {}).values(), *([inner] if inner else [])]
    return next((found for child in below if (found := _websocket_layer(child, flow))), None)
