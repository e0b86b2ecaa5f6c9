"""Notification sockets: one for each channel, with heartbeats, pings, subscribing and closing."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulator.cloud import topics
from simulator.cloud.caller import ApiError
from simulator.cloud.messages import DISPLACED, HEARTBEAT, PONG, closing_notice, system_message

if TYPE_CHECKING:
    from simulator.cloud.channels import Channel
    from simulator.cloud.cloud import Cloud

HEARTBEAT_SECONDS = 30.0
CLOSING_SECONDS = 60.0
MAX_WAITING = 5000
OVERFLOW_CODE = 1011

Watcher = Callable[[str, int], None]


@dataclass(frozen=True)
class Closing:
    """The last thing in a socket's queue."""

    code: int
    reason: str


@dataclass
class Socket:
    """One open socket; what waits to be written is bounded, a reader too slow for it is closed."""

    channel_id: str
    user_id: str | None
    opened: float
    heard: float
    waiting: asyncio.Queue[str | Closing] = field(default_factory=asyncio.Queue)
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    closing: Closing | None = None

    def close(self, code: int, reason: str) -> None:
        """Close after what is still waiting; only the first call counts."""
        if self.closing is None:
            self.closing = Closing(code, reason)
            self.waiting.put_nowait(self.closing)

    def cancel_timers(self) -> None:
        """No heartbeat, notice or idle timeout from now on."""
        for timer in self.timers.values():
            timer.cancel()


class Sockets:
    """All open notification sockets of one cloud."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._open: dict[str, Socket] = {}
        self._counts: dict[str, int] = {}
        self._watchers: list[Watcher] = []
        self._lost_watchers: list[Callable[[str], None]] = []

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher(user_id, open_sockets)` whenever a user's number of open sockets changes."""
        self._watchers.append(watcher)

    def watch_lost(self, watcher: Callable[[str], None]) -> None:
        """Call `watcher(channel_id)` whenever a channel is left without a socket."""
        self._lost_watchers.append(watcher)

    def count(self, user_id: str) -> int:
        """How many sockets `user_id` has open."""
        return self._counts.get(user_id, 0)

    def connected(self, channel_id: str) -> bool:
        """Whether the channel has a socket."""
        return channel_id in self._open

    def all(self) -> list[Socket]:
        """Every open socket, oldest first."""
        return list(self._open.values())

    def send(self, channel_id: str, text: str) -> None:
        """Write `text` to the channel's socket; without a socket it is lost, as in the real thing."""
        socket = self._open.get(channel_id)
        if socket is None or socket.closing is not None:
            return
        if socket.waiting.qsize() >= MAX_WAITING:
            self.close(channel_id, OVERFLOW_CODE, "too slow")
        else:
            socket.waiting.put_nowait(text)

    def close(self, channel_id: str, code: int, reason: str) -> None:
        """Close the channel's socket; it counts as closed from now on."""
        socket = self._open.get(channel_id)
        if socket is not None:
            socket.close(code, reason)
            self._remove(socket, code)

    def close_users(self, user_ids: set[str] | None, code: int, reason: str) -> int:
        """Close the sockets of these users (None: every socket); returns how many."""
        meant = self._meant(user_ids)
        for socket in meant:
            self.close(socket.channel_id, code, reason)
        return len(meant)

    def announce_closing(self, user_ids: set[str] | None, seconds: float) -> int:
        """Send v2.system.socket_closing and close after real-world `seconds`, scaled; returns to how many."""
        meant = self._meant(user_ids)
        for socket in meant:
            channel = self._cloud.channels.get(socket.channel_id)
            if channel is not None:
                self.send(socket.channel_id, closing_notice(self._cloud, channel))
            self._time(socket, "closing", seconds, partial(self._close_announced, socket))
        return len(meant)

    async def serve(self, websocket: WebSocket) -> None:
        """The life of one socket; 404 instead of a handshake for an unknown channel."""
        channel = self._cloud.channels.get(websocket.path_params["channel_id"])
        if channel is None:
            await websocket.send_denial_response(Response(status_code=404))
            return
        await websocket.accept()
        socket = self._add(channel)
        writer = asyncio.create_task(self._write(websocket, socket))
        code = 1006
        try:
            code = await self._read(websocket, socket)
        finally:
            self._remove(socket, code)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer

    def _add(self, channel: "Channel") -> Socket:
        if channel.id in self._open:
            self.send(channel.id, system_message(self._cloud, channel, *DISPLACED))
            code = self._cloud.settings.switches.displaced_close_code
            self.close(channel.id, code, "another socket opened this channel")
        now = self._cloud.now()
        socket = Socket(channel.id, channel.owner.user_id, now, now)
        # The platform logs the user on before the socket hears anything: what happens in a gap has to be read.
        self._changed(socket, 1)
        self._open[channel.id] = socket
        self._cloud.channels.touch(channel)
        self._cloud.evidence.write("cloud.socket.open", agent=socket.user_id, channel=channel.id)
        self._beat(socket)
        self._watch_idle(socket)
        return socket

    def _remove(self, socket: Socket, code: int) -> None:
        if self._open.get(socket.channel_id) is not socket:
            return
        del self._open[socket.channel_id]
        socket.cancel_timers()
        self._cloud.evidence.write("cloud.socket.closed", agent=socket.user_id, channel=socket.channel_id, code=code)
        for watcher in self._lost_watchers:
            watcher(socket.channel_id)
        self._changed(socket, -1)

    def _changed(self, socket: Socket, by: int) -> None:
        if socket.user_id is None:
            return
        self._counts[socket.user_id] = self.count(socket.user_id) + by
        for watcher in self._watchers:
            watcher(socket.user_id, self._counts[socket.user_id])

    async def _write(self, websocket: WebSocket, socket: Socket) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
            while True:
                item = await socket.waiting.get()
                if isinstance(item, Closing):
                    await websocket.close(item.code, item.reason)
                    return
                await websocket.send_text(item)

    async def _read(self, websocket: WebSocket, socket: Socket) -> int:
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                # uvicorn reports a connection that was lost without a close as 1005.
                return 1006 if message.get("code", 1005) == 1005 else int(message["code"])
            socket.heard = self._cloud.now()
            answer = self._answer(socket, message.get("text") or "")
            if answer is not None and socket.closing is None:
                socket.waiting.put_nowait(answer)

    def _answer(self, socket: Socket, text: str) -> str | None:
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        kind = given.get("message") if isinstance(given, dict) else None
        if kind == "ping":
            return PONG
        if kind == "subscribe":
            return json.dumps(self._subscribe(socket, given))
        return json.dumps({"result": "400", "status": "error", "message": "unknown message"})

    def _subscribe(self, socket: Socket, given: dict[str, Any]) -> dict[str, Any]:
        echo = {"correlationId": given["correlationId"]} if "correlationId" in given else {}
        channel, wanted = self._cloud.channels.get(socket.channel_id), given.get("topics")
        if channel is None:
            return {"result": "404", "status": "failure", "message": "the channel is gone", **echo}
        if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
            return {"result": "400", "status": "error", "message": "topics must be a list of names", **echo}
        judgements = [topics.judge(name, channel.owner) for name in wanted]
        bad = [judgement for judgement in judgements if judgement.reason]
        if bad:
            return {"result": "400", "status": "failure", "message": f"{bad[0].id}: {bad[0].reason}", **echo}
        try:
            self._cloud.channels.subscribe(channel, judgements, keep=True)
        except ApiError as error:
            return {"result": "400", "status": "failure", "message": error.message, **echo}
        return {"result": "200", "status": "subscribed", "topics": wanted, **echo}

    def _meant(self, user_ids: set[str] | None) -> list[Socket]:
        return [socket for socket in self._open.values() if user_ids is None or socket.user_id in user_ids]

    def _time(self, socket: Socket, name: str, seconds: float, callback: Callable[[], None]) -> None:
        if name in socket.timers:
            socket.timers[name].cancel()
        socket.timers[name] = self._cloud.later(seconds, callback)

    def _beat(self, socket: Socket) -> None:
        def beat() -> None:
            self.send(socket.channel_id, HEARTBEAT)
            self._beat(socket)

        self._time(socket, "heartbeat", HEARTBEAT_SECONDS, beat)

    def _watch_idle(self, socket: Socket) -> None:
        limit = self._cloud.settings.switches.idle_timeout_seconds
        if not limit:
            return

        def look() -> None:
            silent = (self._cloud.now() - socket.heard) / self._cloud.settings.time_scale
            if silent >= limit:
                self.close(socket.channel_id, self._cloud.settings.switches.idle_close_code, "idle timeout")
            else:
                self._time(socket, "idle", limit - silent, look)

        self._time(socket, "idle", limit, look)

    def _close_announced(self, socket: Socket) -> None:
        if self._open.get(socket.channel_id) is socket:
            code = self._cloud.settings.switches.closing_close_code
            self.close(socket.channel_id, code, "socket closing, as announced")


def routes(cloud: "Cloud") -> list[BaseRoute]:
    """Where the connectUri of a channel points."""
    return [WebSocketRoute("/channels/{channel_id}", cloud.sockets.serve)]
