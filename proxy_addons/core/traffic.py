"""What passes through the wire: calls in flight, open sockets, and the evidence of both."""

import itertools
import time
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from mitmproxy import http

from harness.evidence import EvidenceWriter
from proxy_addons.core.identity import Identity, Session, bearer
from proxy_addons.core.sockets import Socket
from proxy_addons.core.statistics import Statistics, is_abnormal

if TYPE_CHECKING:
    from proxy_addons.core.fault import AnyFault

COPY_OF = "deskstorm.copy_of"  # in a flow's metadata: the fault that made it, a copy of another


class Call:
    """One request, from its arrival to its answer; `handshake` is one that asks for a WebSocket."""

    __slots__ = (
        "arrived",
        "copy_of",
        "cut",
        "flow",
        "handshake",
        "later",
        "method",
        "notes",
        "path",
        "session",
        "token",
        "touched",
    )

    def __init__(self, flow: http.HTTPFlow) -> None:
        self.flow = flow
        self.copy_of: str | None = flow.metadata.get(COPY_OF)
        self.arrived = time.monotonic()
        self.method = flow.request.method
        self.path = flow.request.path.partition("?")[0]
        self.handshake = flow.request.headers.get("upgrade", "").lower() == "websocket"
        self.token = bearer(flow.request)
        self.session: Session | None = None
        self.touched: list[str] = []
        self.cut = False  # the caller will not get a whole answer
        self.later = False  # a fault will say when the answer has been sent
        self.notes: dict[AnyFault, Any] = {}  # what a fault decided when the request came

    @property
    def agent(self) -> str | None:
        """Whose call this is, as soon as that is known."""
        return self.session.agent if self.session else None

    @property
    def for_token(self) -> bool:
        """Whether this asks the token endpoint for a token."""
        return self.method == "POST" and self.path.endswith("/oauth/token")


class Traffic:
    """Keeps the books: each call and each socket is in the evidence once it ended."""

    def __init__(self, evidence: EvidenceWriter) -> None:
        self.evidence = evidence
        self.identity = Identity()
        self.statistics = Statistics()
        self.calls: dict[str, Call] = {}
        self.sockets: dict[str, Socket] = {}
        self._numbers = itertools.count(1)

    def call_begun(self, flow: http.HTTPFlow) -> Call:
        """A request is here; who sends it is known, if it can be."""
        call = Call(flow)
        if call.handshake:
            call.session = self.identity.of_channel(channel_of(call.path))
        elif call.for_token:
            call.session = self.identity.of_grant(flow.request)
        else:
            call.session = self.identity.of_bearer(call.token)
        self.calls[flow.id] = call
        return call

    def call_ended(self, call: Call, status: int) -> None:
        """A call was answered, or will never be (status 0)."""
        if self.calls.pop(call.flow.id, None) is None:
            return
        now = time.monotonic()
        if call.handshake:
            self._handshake_ended(call, status, now)
            return
        status = 0 if call.cut else status
        ms = (now - call.arrived) * 1000
        if call.copy_of is None:
            self.statistics.call(now, call.agent, status, ms)
        self.evidence.write(
            "api",
            agent=call.agent,
            method=call.method,
            path=call.path,
            status=status,
            ms=round(ms, 2),
            touched=call.touched,
            **({"copy_of": call.copy_of} if call.copy_of else {}),
            **asked_to_wait(call.flow),
        )

    def socket_opened(self, flow: http.HTTPFlow) -> Socket:
        """A WebSocket is open."""
        channel = channel_of(flow.request.path)
        socket = Socket(next(self._numbers), flow, channel, self.identity.of_channel(channel))
        self.sockets[flow.id] = socket
        self.statistics.socket_opened(time.monotonic(), socket.agent)
        self.evidence.write("ws.open", agent=socket.agent, channel=channel, socket=socket.number)
        return socket

    def socket_closed(self, socket: Socket, code: int | None) -> None:
        """A WebSocket ended, for its desktop at least; may be said twice."""
        if self.sockets.pop(socket.flow.id, None) is None:
            return
        code = 1006 if code is None else code
        self.statistics.socket_closed(time.monotonic(), socket.agent, code)
        self.evidence.write(
            "ws.close",
            agent=socket.agent,
            channel=socket.channel,
            socket=socket.number,
            code=code,
            abnormal=is_abnormal(code),
        )

    def stats(self, window_s: float, agents: Collection[str] | None) -> dict[str, Any]:
        """What passed in the last `window_s` seconds, in the shape of the control channel."""
        now = time.monotonic()
        waiting = [(call.agent, (now - call.arrived) * 1000) for call in self.calls.values() if not call.handshake]
        return {
            "api": self.statistics.api(now - window_s, agents, waiting),
            "websocket": self.statistics.websocket(now - window_s, agents, [s.agent for s in self.sockets.values()]),
            "now": time.monotonic_ns(),
        }

    def _handshake_ended(self, call: Call, status: int, now: float) -> None:
        if status == 101:
            return
        self.statistics.socket_refused(now, call.agent)
        channel = channel_of(call.path)
        self.evidence.write("ws.refused", agent=call.agent, channel=channel, status=status, **asked_to_wait(call.flow))


def channel_of(path: str) -> str:
    """The channel id at the end of a socket's path."""
    return path.partition("?")[0].rpartition("/")[2]


def asked_to_wait(flow: http.HTTPFlow) -> dict[str, float]:
    """`{"retry_after_s": seconds}` if the answer asked its caller to wait, as it stands there; else nothing."""
    try:
        return {"retry_after_s": float(flow.response.headers["retry-after"])} if flow.response else {}
    except (KeyError, ValueError):
        return {}
