"""The canary: a test agent of its own whose own traffic shows what the data path does to the others.

Its REST calls and its notification socket go through the wire, as those of the desktops do; a world without a wire is
reached directly. In a world with sites they start inside a site's network namespace, as those of its desktops do.
Nothing of it stays open after `close()`. Each wait has a limit.
"""

import json
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
from websockets.exceptions import ConnectionClosed, InvalidProxyStatus, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from harness.breaking.answer import Answer, ask
from harness.breaking.heard import Heard
from harness.errors import DeskstormError, Unreachable
from harness.network.inside import inside
from harness.network.site import Site
from harness.trust import trust
from harness.waiting import Waited, until
from harness.world import World

T = TypeVar("T")
ME = "/api/v2/users/me"
CHANNELS = "/api/v2/notifications/channels"
HEARTBEAT_S = 30.0  # genesys' own interval
LIMIT_S = 10.0  # no single step of the canary takes longer, whatever the scale
NO_CLOSE_FRAME = 1006


class Canary:
    """The canary's session. `with Canary(world) as canary:` logs it in and leaves nothing open.

    `past_wire` reaches the cloud directly, for faults that are not on the wire. `site` is the one whose path it takes,
    the world's first if none is named. Raises `Unreachable` if it cannot log in, or cannot open its socket.
    """

    def __init__(
        self, world: World, limit_s: float = LIMIT_S, past_wire: bool = False, site: Site | None = None
    ) -> None:
        wire = None if past_wire else world.wire
        self.site = (site or next(iter(world.sites), None)) if wire else None
        self.world = world
        self.limit_s = limit_s
        self.id = world.canary.id
        self.topic = f"v2.users.{self.id}.presence"
        self._proxy = world.proxy_of(self.site) if wire else None
        self._trust = trust(world.api, wire.ca if wire else world.ca)
        # Its socket reads and writes in two threads, which OpenSSL does not bear beside TLS 1.3's late tickets.
        self._trust.maximum_version = ssl.TLSVersion.TLSv1_2
        self._http = httpx.Client(proxy=self._proxy, verify=self._trust, timeout=limit_s, trust_env=False)
        self._direct = httpx.Client(verify=trust(world.api, world.ca), timeout=limit_s, trust_env=False)
        self._token = ""
        self._socket: ClientConnection | None = None
        self._open = ExitStack()
        self._rounds = 0

    def __enter__(self) -> Self:
        try:
            self.log_in()
        except DeskstormError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the socket and the connections; may be called twice."""
        self.hang_up()
        self._http.close()
        self._direct.close()

    # REST

    def log_in(self) -> Answer:
        """Get a token by refresh token, and say through the wire whose it is; the token endpoint's answer.

        A fault may be in force that spoils the latter; the wire may know from an earlier login.
        """
        answer = self.refresh()
        if not answer.normal or not isinstance(answer.json, dict):
            raise Unreachable("the login", f"{self.world.login}/oauth/token", str(answer))
        self._token = str(answer.json["access_token"])
        me = self.request("GET", ME)
        if not me.normal and not self.request_directly("GET", ME).normal:
            raise Unreachable("the API", f"{self.world.api}{ME}", str(me))
        return answer

    def refresh(self, within_s: float | None = None) -> Answer:
        """Ask the token endpoint for a new token, and keep the old one."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self.world.canary.refresh_token,
            "client_id": self.world.desktop_client_id,
        }
        request = self._http.build_request("POST", f"{self.world.login}/oauth/token", data=form)
        return self._at_site(lambda: ask(self._http, request, within_s or self.limit_s))

    def request(self, method: str, path: str, body: Any = None, within_s: float | None = None) -> Answer:
        """One REST call through the wire."""
        return self._at_site(lambda: self._call(self._http, method, path, body, within_s))

    def request_directly(self, method: str, path: str, body: Any = None) -> Answer:
        """One REST call past the wire, with the same token: what the cloud itself says."""
        return self._call(self._direct, method, path, body, None)

    def _at_site(self, call: Callable[[], T]) -> T:
        # Where a socket lives is settled when it is made, so whatever may make one is called inside.
        return inside(self.site.namespace, call) if self.site else call()

    def _call(self, client: httpx.Client, method: str, path: str, body: Any, within_s: float | None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"}
        return ask(
            client,
            client.build_request(method, self.world.api + path, json=body, headers=headers),
            within_s or self.limit_s,
        )

    # the notification socket

    def listen(self) -> None:
        """Open a channel and its socket through the wire and subscribe to the canary's own presence."""
        status = self.knock()
        if status != 101:
            raise Unreachable("the notification socket", self.world.api, f"handshake answered {status}")
        path = f"{CHANNELS}/{self.channel}/subscriptions"
        answer = self.request("PUT", path, [{"id": self.topic}])
        if not answer.normal:
            raise Unreachable("the subscription", self.world.api + path, str(answer))

    def knock(self) -> int:
        """Open a channel and try its socket once: the handshake's status, 101 if it is open, 0 if nothing answered."""
        self.hang_up()
        answer = self.request("POST", CHANNELS)
        if not answer.normal:
            raise Unreachable("the notification channel", self.world.api + CHANNELS, str(answer))
        self.channel = str(answer.json["id"])
        uri = str(answer.json["connectUri"])
        trust = self._trust if uri.startswith("wss:") else None
        try:
            self._socket = self._open.enter_context(
                self._at_site(
                    lambda: connect(
                        uri,
                        proxy=self._proxy,
                        ssl=trust,
                        open_timeout=self.limit_s,
                        close_timeout=0.2,
                        ping_interval=None,
                        max_queue=None,
                        compression=None,
                    )
                )
            )
        except (InvalidStatus, InvalidProxyStatus) as refusal:
            return int(refusal.response.status_code)
        except (OSError, WebSocketException):
            return 0
        return 101

    def hang_up(self) -> None:
        """Close the socket, whatever state it is in."""
        self._socket = None
        with suppress(OSError, WebSocketException):
            self._open.close()

    def ping(self, within_s: float) -> float | None:
        """Milliseconds from ping to pong over the socket, or None for silence."""
        started = time.monotonic()
        if not self.say({"message": "ping"}):
            return None
        pong = self.hear(lambda message: _body(message).get("message") == "pong", within_s)
        return None if pong is None else (time.monotonic() - started) * 1000

    def say(self, message: dict[str, Any]) -> bool:
        """Send one message; False if the socket is closed."""
        try:
            self.socket.send(json.dumps(message))
        except ConnectionClosed:
            return False
        return True

    def hear(self, wanted: Callable[[dict[str, Any]], bool], within_s: float) -> dict[str, Any] | None:
        """The next message that is `wanted`, or None if none came in time or the socket closed; others are let go."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                message = _message(self.socket.recv(timeout=left))
            except (TimeoutError, ConnectionClosed):
                return None
            if wanted(message):
                return message
        return None

    def closed(self, within_s: float) -> tuple[int, str] | None:
        """Code and reason with which the socket was closed from the other side; 1006 is a close without a frame (a
        reset). None if it stays open."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            try:
                self.socket.recv(timeout=left)
            except TimeoutError:
                return None
            except ConnectionClosed as closed:
                return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (NO_CLOSE_FRAME, "")
        return None

    def count_events(self, events: int, within_s: float) -> Heard:
        """Change the canary's own presence message `events` times past the wire, and listen to what comes over it.

        Ends as soon as the last has come and a moment of silence followed, or after `within_s`.
        """
        self._rounds += 1
        mark = f"canary {self.id[:8]} {self._rounds} "
        sent = [self._flip(f"{mark}{number}") for number in range(events)]
        numbers: list[int] = []
        delays: list[float] = []
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            quiet = 0.1 if events - 1 in numbers else left
            message = self.hear(
                lambda message: str(_body(message).get("message", "")).startswith(mark), min(quiet, left)
            )
            if message is None:
                break
            numbers.append(int(_body(message)["message"].removeprefix(mark)))
            delays.append((time.monotonic() - sent[numbers[-1]]) * 1000)
        return Heard(events, tuple(numbers), tuple(delays))

    def _flip(self, message: str) -> float:
        path = f"/api/v2/users/{self.id}/presences/PURECLOUD"
        started = time.monotonic()
        answer = self.request_directly("PATCH", path, {"message": message})
        if not answer.normal:
            raise Unreachable("the canary's own presence", self.world.api + path, str(answer))
        return started

    @property
    def socket(self) -> ClientConnection:
        """The open socket; `listen()` or `knock()` comes first."""
        if self._socket is None:
            raise Unreachable("the canary's socket", self.world.api, "it was never opened")
        return self._socket

    # what is normal

    def sees_normal(self, events: bool = False, slack_ms: float = 150.0, within_s: float = 8.0) -> dict[str, Any]:
        """Wait until login, REST, handshake and ping are normal again, with `events` events too; say what was seen.

        Calls through the wire may take `slack_ms` longer than past it. Raises `Waited` after `within_s`, with what was
        wrong last.
        """
        seen: dict[str, Any] = {}
        wrong = ""

        def normal() -> bool:
            nonlocal wrong
            seen.clear()
            try:
                wrong = self._wrong(events, slack_ms, seen)
            except DeskstormError as error:
                wrong = str(error)
            return not wrong

        try:
            until(normal, "the canary to see normal traffic again", within_s, every_s=0.05)
        except Waited as late:
            raise Waited(late.what, within_s, wrong) from None
        return seen

    def _wrong(self, events: bool, slack_ms: float, seen: dict[str, Any]) -> str:
        """What is not normal, in words; what was measured goes to `seen`."""
        login = self.log_in()
        past, through = self.request_directly("GET", ME), self.request("GET", ME)
        limit_ms = past.ms + slack_ms
        seen.update(status=through.status, ms=round(through.ms, 1), ms_past_the_wire=round(past.ms, 1))
        if not through.normal or max(login.ms, through.ms) > limit_ms:
            return f"login: {login}, REST: {through}, past the wire: {past}"
        self.listen()
        pong_ms = self.ping(self.limit_s / 3)
        if pong_ms is None or pong_ms > limit_ms:
            return f"socket: {'no pong' if pong_ms is None else f'pong after {pong_ms:.0f} ms'}"
        seen["pong_ms"] = round(pong_ms, 1)
        if events:
            heard = self.count_events(3, self.limit_s / 3)
            seen["events"] = str(heard)
            if not heard.normal:
                return f"events: {heard}"
        return ""


def _message(text: str | bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _body(message: dict[str, Any]) -> dict[str, Any]:
    body = message.get("eventBody")
    return body if isinstance(body, dict) else {}
