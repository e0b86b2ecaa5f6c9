"""The asyncio shell around one session: it does what the session wants and reports what happens."""

import asyncio
import json
import time
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from harness.evidence import EvidenceWriter
from simulator.desktop.effects import (
    AbortSocket,
    Cancel,
    CloseSocket,
    CloseVoice,
    Effect,
    Keep,
    OpenSocket,
    OpenVoice,
    Record,
    Say,
    Send,
)
from simulator.desktop.events import Event, Heard, SocketClosed, SocketOpened
from simulator.desktop.link import Link, retry_after_s
from simulator.desktop.phone import Phones
from simulator.desktop.session import Session
from simulator.desktop.store import Store

ABNORMAL = 1006
# Epoch seconds that never go back: durations are right, and the server's dates can be compared.
_EPOCH = time.time() - time.monotonic()


def now() -> float:
    """The time of events."""
    return _EPOCH + time.monotonic()


class Desktop:
    """One running desktop. `happen` gives it an event; `stop` ends it without ceremony."""

    def __init__(self, session: Session, link: Link, store: Store, evidence: EvidenceWriter, phones: Phones) -> None:
        self.session = session
        self._link = link
        self._store = store
        self._evidence = evidence
        self._phones = phones
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._connections: dict[int, ClientConnection] = {}
        self._closings: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._rings_at = 0.0
        self._stopped = False

    def happen(self, event: Event) -> str | None:
        """Let the session know of `event`; answers why a wish of the agent is not possible."""
        if self._stopped:
            return "the desktop is stopped"
        effects = self.session.handle(event, now())
        refusal = self.session.refusal
        self._do(effects)
        return refusal

    async def stop(self) -> None:
        """Drop everything at once and wait until nothing of it is running."""
        self._stopped = True
        self._phones.close(self.session.agent)
        if self._alarm is not None:
            self._alarm.cancel()
        for connection in self._connections.values():
            connection.transport.abort()
        tasks = [*self._tasks.values(), *self._closings]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _do(self, effects: list[Effect]) -> None:
        for effect in effects:
            self._do_one(effect)
        self._set_alarm()

    def _set_alarm(self) -> None:
        due = self.session.next_alarm
        if due is None or (self._alarm is not None and self._rings_at <= due):
            # An alarm that rings too early costs less than a cancelled one for every message heard.
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._rings_at = due
        self._alarm = asyncio.get_running_loop().call_later(max(0.0, due - now()), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if not self._stopped:
            self._do(self.session.tick(now()))

    def _do_one(self, effect: Effect) -> None:
        match effect:
            case Record():
                self._evidence.write(effect.kind, agent=self.session.agent, **effect.fields)
            case Keep():
                self._store.keep(self.session.agent, effect.name, effect.value)
            case Send():
                self._start(effect.request, self._request(effect))
            case Cancel():
                self._cancel(effect.request)
            case OpenVoice():
                self._phones.open(self.session.agent, effect, self.happen)
            case CloseVoice():
                self._phones.close(self.session.agent, effect.conversation)
            case _:
                self._do_to_socket(effect)

    def _do_to_socket(self, effect: OpenSocket | Say | CloseSocket | AbortSocket) -> None:
        match effect:
            case OpenSocket():
                self._open(effect)
            case Say():
                self._say(effect)
            case CloseSocket():
                self._close(effect.socket)
            case AbortSocket():
                self._abort(effect.socket)

    # Requests and sockets never share a number, so one table of tasks serves both.

    def _start(self, number: int, work: Any) -> None:
        self._tasks[number] = asyncio.get_running_loop().create_task(work)

    def _cancel(self, number: int) -> None:
        task = self._tasks.pop(number, None)
        if task is not None:
            task.cancel()

    async def _request(self, send: Send) -> None:
        reply = await self._link.request(send)
        if self._tasks.pop(send.request, None) is not None:
            self.happen(reply)

    def _open(self, effect: OpenSocket) -> None:
        self._start(effect.socket, self._listen(effect))
        # Not in the task itself: one that is aborted in the moment in which it was made never runs, and yet it ends.
        self._tasks[effect.socket].add_done_callback(lambda task: self._ended(effect.socket, task))

    def _ended(self, socket: int, task: "asyncio.Task[None]") -> None:
        self._tasks.pop(socket, None)
        self._connections.pop(socket, None)
        if not self._stopped:
            self.happen(_closed(socket, None if task.cancelled() else task.exception()))

    async def _listen(self, effect: OpenSocket) -> None:
        connection = await self._link.open(effect.uri)
        self._connections[effect.socket] = connection
        self.happen(SocketOpened(effect.socket))
        while True:
            self.happen(Heard(effect.socket, _message(await connection.recv())))

    def _say(self, effect: Say) -> None:
        connection = self._connections.get(effect.socket)
        if connection is not None:
            self._aside(connection.send(json.dumps(dict(effect.message))))

    def _close(self, socket: int) -> None:
        connection = self._connections.get(socket)
        if connection is None:
            self._abort(socket)
        else:
            self._aside(connection.close())

    def _aside(self, work: Any) -> None:
        async def ignoring_a_closed_socket() -> None:
            try:
                await work
            except ConnectionClosed:
                # The reader of the socket reports its end.
                return

        task = asyncio.get_running_loop().create_task(ignoring_a_closed_socket())
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)

    def _abort(self, socket: int) -> None:
        connection = self._connections.get(socket)
        if connection is not None:
            connection.transport.abort()
        elif socket in self._tasks:
            self._tasks[socket].cancel()


def _closed(socket: int, error: BaseException | None) -> SocketClosed:
    match error:
        case ConnectionClosed():
            frame = error.rcvd or error.sent
            return SocketClosed(socket, frame.code if frame else ABNORMAL, frame.reason if frame else "")
        case InvalidStatus():
            answer = error.response
            return SocketClosed(socket, ABNORMAL, "", answer.status_code, retry_after_s(answer.headers))
        case None:
            return SocketClosed(socket, ABNORMAL)
        case WebSocketException() | OSError() | TimeoutError():
            return SocketClosed(socket, ABNORMAL, type(error).__name__)
        case _:
            raise error


def _message(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
