"""The one addon that mitmproxy calls: it keeps the books and calls the faults that are in force, if any."""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from socket import SO_DONTROUTE, SOL_SOCKET
from typing import Any

from mitmproxy import connection, ctx, http
from mitmproxy.addonmanager import Loader
from mitmproxy.proxy.mode_servers import AsyncioServerInstance, ServerInstance
from mitmproxy.proxy.mode_specs import ReverseMode
from mitmproxy.websocket import WebSocketMessage

from harness.evidence import EvidenceWriter
from proxy_addons.core.control import Control
from proxy_addons.core.exposition import Exposition
from proxy_addons.core.fault import AnyFault
from proxy_addons.core.leases import Leases
from proxy_addons.core.settings import Settings, read_settings
from proxy_addons.core.sockets import Socket, hang_up
from proxy_addons.core.traffic import Call, Traffic

GRACE_S = 1.0
LOOPBACK = "127.0.0.1"
# What mitmdump loads for interactive use; each of them would be asked about every request.
NEEDLESS = (
    *("anticache", "anticomp", "blocklist", "dumper", "maplocal", "mapremote", "modifybody", "modifyheaders"),
    *("onboarding", "proxyauth", "save", "savehar", "serverplayback", "stickyauth", "stickycookie", "upstreamauth"),
    *("browser", "comment", "cut", "export", "commandhistory"),
)
CALL, SOCKET = "deskstorm.call", "deskstorm.socket"


class Dispatcher:
    """mitmproxy's hooks are plain functions that return something to await only while a fault wants that hook."""

    settings: Settings
    traffic: Traffic
    leases: Leases
    control: Control
    exposition: Exposition

    def load(self, loader: Loader) -> None:
        """Announce the option with the path of the settings file."""
        loader.add_option("deskstorm_settings", str, "", "The settings file of the wire.")

    async def running(self) -> None:
        """The proxy listens: open the control channel, then say where everything is."""
        for name in NEEDLESS:
            if addon := ctx.master.addons.lookup.get(name):
                ctx.master.addons.remove(addon)  # type: ignore[no-untyped-call]
        self.settings = settings = read_settings(Path(ctx.options.deskstorm_settings))
        self.traffic = Traffic(EvidenceWriter(settings.evidence, "wire"))
        self.leases = Leases(self.traffic, settings.sabotage)
        self.control = Control(settings.control_token, self.leases, self.traffic)
        control_host, control_port = await self.control.listen()
        self.exposition = Exposition(self.traffic, settings.time_scale)
        proxies, fronts = _listening(ctx.master.addons.lookup["proxyserver"].servers)
        ready = {
            "ready": "wire",
            "proxy": proxies.pop(LOOPBACK),
            "proxies": proxies,
            "fronts": fronts,
            "control_host": control_host,
            "control_port": control_port,
            "metrics": await self.exposition.listen(),
            "ca": str(settings.confdir / "mitmproxy-ca-cert.pem"),
        }
        print(json.dumps(ready), file=sys.__stdout__, flush=True)
        threading.Thread(target=_end_with_stdin, args=(ctx.master.shutdown,), daemon=True).start()

    async def done(self) -> None:
        """The proxy ends: everything is let go, every connection closed, and the evidence whole."""
        if not hasattr(self, "control"):
            return
        self.control.close()
        self.exposition.close()
        self.leases.disarm(why="end")
        await hang_up(GRACE_S)
        for socket in list(self.traffic.sockets.values()):
            self.traffic.socket_closed(socket, None)
        for call in list(self.traffic.calls.values()):
            self.traffic.call_ended(call, 0)
        self.traffic.evidence.close()

    def http_connect(self, flow: http.HTTPFlow) -> None:
        """A client wants a tunnel."""
        self._refuse_others(flow)

    def request(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """A request is here."""
        call = flow.metadata[CALL] = self.traffic.call_begun(flow)
        self._refuse_others(flow)
        faults = self.leases.hooked["handshake" if call.handshake else "request"]
        return _request(faults, call) if faults and not flow.response and not call.copy_of else None

    def response(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """An answer is here, the cloud's or one of ours."""
        call: Call = flow.metadata[CALL]
        response = flow.response
        if response is None:
            return None
        self.traffic.identity.learn(call.method, call.path, call.session, response)
        faults = self.leases.hooked["response"]
        if faults and not call.handshake and not call.copy_of:
            return self._response(faults, call)
        self._answered(call)
        return None

    def error(self, flow: http.HTTPFlow) -> None:
        """An exchange ended without an answer; a socket has its own hook for that."""
        call: Call | None = flow.metadata.get(CALL)
        if call is not None and flow.websocket is None:
            self.traffic.call_ended(call, 0)

    def client_disconnected(self, client: connection.Client) -> None:
        """A client has gone: nothing is held back for it any longer."""
        for call in self.traffic.calls.values():
            if call.flow.client_conn.id == client.id and not call.later:
                call.cut = True
        self.leases.caller_left(client.id)

    def websocket_start(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """A WebSocket is open."""
        socket = flow.metadata[SOCKET] = self.traffic.socket_opened(flow)
        faults = self.leases.hooked["websocket_start"]
        return _opened(faults, socket) if faults else None

    def websocket_message(self, flow: http.HTTPFlow) -> Awaitable[None] | None:
        """A message is here."""
        if flow.websocket is None:
            return None
        message = flow.websocket.messages[-1]
        flow.websocket.messages.clear()  # mitmproxy would keep them all for the life of the socket
        socket = self._socket(flow)
        if message.injected:
            return socket.turn_of(message)
        faults = self.leases.hooked["websocket_message"]
        if faults:
            _message(faults, socket, message)
        socket.courier(message.from_client).settle(message)
        return None

    def websocket_end(self, flow: http.HTTPFlow) -> None:
        """A WebSocket is closed on both sides."""
        socket = self._socket(flow)
        socket.ended()
        self.traffic.socket_closed(socket, flow.websocket.close_code if flow.websocket else None)

    async def _response(self, faults: Sequence[AnyFault], call: Call) -> None:
        for fault in faults:
            if fault.covers_call(call):
                await fault.response(call)
        self._answered(call)

    def _answered(self, call: Call) -> None:
        if not call.later and call.flow.response:
            self.traffic.call_ended(call, call.flow.response.status_code)

    def _refuse_others(self, flow: http.HTTPFlow) -> None:
        host = f"{flow.request.host}:{flow.request.port}"
        if host not in self.settings.hosts:
            flow.response = http.Response.make(403, f"{host} is not a host that this wire leads to\n")

    def _socket(self, flow: http.HTTPFlow) -> Socket:
        found: Socket = flow.metadata[SOCKET]
        return found


def _listening(servers: Iterable[ServerInstance[Any]]) -> tuple[dict[str, str], dict[str, str]]:
    """Where the wire listens as a proxy, by host, and where as an upstream, by the base URL of that."""
    proxies: dict[str, str] = {}
    fronts: dict[str, str] = {}
    for server in servers:
        host, port = server.listen_addrs[0][:2]
        place = f"http://{host}:{port}"
        if isinstance(server.mode, ReverseMode):
            fronts[server.mode.data] = place
        else:
            proxies[str(host)] = place
            _keep_on_link(server)
    return proxies, fronts


def _keep_on_link(server: ServerInstance[Any]) -> None:
    """Let the connections that `server` accepts (they inherit it) send to hosts on the machine's own links only.

    What is meant for desktops whose link is gone would leave by the machine's default route otherwise.
    """
    found = server._servers if isinstance(server, AsyncioServerInstance) else []
    for link in (link for listening in found if isinstance(listening, asyncio.Server) for link in listening.sockets):
        link.setsockopt(SOL_SOCKET, SO_DONTROUTE, 1)


async def _request(faults: Sequence[AnyFault], call: Call) -> None:
    for fault in faults:
        if fault.covers_call(call):
            await (fault.handshake(call) if call.handshake else fault.request(call))


async def _opened(faults: Sequence[AnyFault], socket: Socket) -> None:
    for fault in faults:
        if fault.covers_socket(socket) and (done := fault.websocket_start(socket)):
            await done


def _message(faults: Sequence[AnyFault], socket: Socket, message: WebSocketMessage) -> None:
    for fault in faults:
        if not message.dropped and fault.covers_message(socket, message):
            fault.websocket_message(socket, message)


def _end_with_stdin(shutdown: Callable[[], None]) -> None:
    while os.read(0, 65536):
        pass
    shutdown()
