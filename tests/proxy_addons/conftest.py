"""A real wire between real clients and a tiny cloud of its own, plain and over TLS; all on loopback."""

import asyncio
import contextlib
import datetime
import ipaddress
import itertools
import json
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.sync.client import ClientConnection, connect

from harness.breaking.wire import WireControl
from harness.evidence import Entry, EvidenceWriter, read
from harness.scope import Scope
from harness.waiting import until
from harness.world import Wire
from proxy_addons.core.traffic import Traffic

LIMIT_S = 15.0


@dataclass(frozen=True)
class Delivered:
    """A POST that came to a path under `/sink/`; `at` is monotonic seconds."""

    path: str
    body: bytes
    content_type: str
    at: float


@dataclass
class Upstream:
    """A tiny cloud: tokens, `users/me`, channels with their sockets, and an endpoint that says what was asked."""

    tls_context: ssl.SSLContext | None = None
    ca: Path | None = None
    host: str = ""
    requests: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    refused_with: int = 0
    closes: dict[str, int] = field(default_factory=dict)
    sockets: dict[str, WebSocket] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop | None = None

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1)
        self._agents: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self.ca else 'http'}://{self.host}"

    def say(self, channel: str, *texts: str) -> None:
        """Send messages over a channel's socket, in order."""

        async def send() -> None:
            for text in texts:
                await self.sockets[channel].send_text(text)

        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(send(), self.loop).result(LIMIT_S)

    def app(self) -> Starlette:
        """The whole of it."""
        return Starlette(
            routes=[
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/api/v2/users/me", self._me),
                Route("/api/v2/notifications/channels", self._channel, methods=["POST"]),
                Route("/api/v2/things/{size:int}", self._things, methods=["GET", "POST"]),
                Route("/sink/{rest:path}", self._sink, methods=["POST"]),
                WebSocketRoute("/channels/{channel}", self._socket),
            ]
        )

    async def _token(self, request: Request) -> Response:
        form = dict(item.split("=", 1) for item in (await request.body()).decode().split("&"))
        token = f"access-{next(self._numbers)}"
        self._agents[token] = form["refresh_token"].removeprefix("refresh-")
        self.requests.append("POST /oauth/token")
        return JSONResponse({"access_token": token, "refresh_token": form["refresh_token"], "expires_in": 86399})

    async def _me(self, request: Request) -> Response:
        return JSONResponse({"id": self._agents[request.headers["authorization"].removeprefix("Bearer ")]})

    async def _channel(self, request: Request) -> Response:
        channel = uuid.uuid4().hex
        scheme = "wss" if self.ca else "ws"
        return JSONResponse({"id": channel, "connectUri": f"{scheme}://{self.host}/channels/{channel}"})

    async def _things(self, request: Request) -> Response:
        self.requests.append(f"{request.method} {request.url.path}")
        return JSONResponse({"padding": "x" * int(request.path_params["size"])})

    async def _sink(self, request: Request) -> Response:
        content_type = request.headers.get("content-type", "")
        self.delivered.append(Delivered(request.url.path, await request.body(), content_type, time.monotonic()))
        return JSONResponse({"accepted": 1}, self.refused_with or 200)

    async def _socket(self, socket: WebSocket) -> None:
        channel = str(socket.path_params["channel"])
        await socket.accept()
        self.sockets[channel] = socket
        try:
            while True:
                text = await socket.receive_text()
                self.heard.append(text)
                if text == "ping":
                    await socket.send_text("pong")
        except WebSocketDisconnect as gone:
            self.closes[channel] = gone.code


@contextlib.contextmanager
def serving(upstream: Upstream, **options: Any) -> Iterator[Upstream]:
    """Serve in a thread until the block ends."""
    config = uvicorn.Config(
        upstream.app(), host="127.0.0.1", port=0, log_level="critical", ws="wsproto", lifespan="off", **options
    )
    server = uvicorn.Server(config)

    async def serve() -> None:
        upstream.loop = asyncio.get_running_loop()
        await server.serve()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        until(lambda: server.started, "the upstream to listen", LIMIT_S)
        upstream.host = f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        yield upstream
    finally:
        server.should_exit = server.force_exit = True
        thread.join()


def make_certificates(folder: Path) -> tuple[Path, Path]:
    """A throw-away CA, and a certificate with its key for 127.0.0.1, as two PEM files."""
    now = datetime.datetime.now(datetime.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "throw-away CA")])
    ski = x509.SubjectKeyIdentifier.from_public_key(ca_key.public_key())

    def builder(name: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(name).issuer_name(ca_name).public_key(public_key)
        made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        return made.serial_number(x509.random_serial_number())

    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    ca = (
        builder(ca_name, ca_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(ski, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    authority = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(ski)
    leaf = (
        builder(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")]), key.public_key())
        .add_extension(names, critical=False)
        .add_extension(authority, critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    ca_path, leaf_path = folder / "ca.pem", folder / "leaf.pem"
    ca_path.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    leaf_path.write_bytes(private + leaf.public_bytes(serialization.Encoding.PEM))
    return ca_path, leaf_path


@dataclass
class RunningWire:
    """The wire process and its control channel."""

    process: subprocess.Popen[str]
    ready: dict[str, Any]
    evidence: Path
    token: str

    def __post_init__(self) -> None:
        host, port = self.ready["control_host"], self.ready["control_port"]
        self.control = WireControl(Wire(self.ready["proxy"], host, port, self.token, self.ready["ca"]))

    def arm(
        self, fault: str, scope: Scope | None = None, seconds: float = 30.0, seed: int = 7, **parameters: object
    ) -> str:
        """Arm a fault and return its lease."""
        lease = uuid.uuid4().hex
        self.control.arm(fault, lease, scope or Scope(), parameters, seconds, seed)
        return lease

    def touched(self, lease: str) -> int:
        """How often a fault in force has touched something."""
        return next(armed.touched for armed in self.control.state() if armed.id == lease)

    def records(self, *kinds: str, agent: str | None = None) -> list[Entry]:
        """The evidence so far."""
        return [e for e in read(self.evidence).of(*kinds) if agent is None or e.agent == agent]

    def touches(self, count: int, path: str, agent: str | None = None) -> list[list[str]]:
        """What touched each call of `path` (by an agent), as soon as `count` of them are in the evidence."""

        def calls() -> list[Entry]:
            return [entry for entry in self.records("api", agent=agent) if entry["path"] == path]

        until(lambda: len(calls()) >= count, f"{count} calls in the evidence", 20)
        return [list(entry["touched"]) for entry in calls()]


@contextlib.contextmanager
def running_wire(folder: Path, hosts: list[str], **settings: Any) -> Iterator[RunningWire]:
    """Start the wire as a process of its own, and end it with its stdin."""
    token = "control token of the test"
    given = {"evidence": str(folder / "evidence"), "control_token": token, "confdir": str(folder / "conf")}
    path = folder / "settings.json"
    path.write_text(json.dumps({**given, "hosts": hosts, **settings}))
    command = [sys.executable, "-m", "proxy_addons", "--settings", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin and process.stdout
    wire = None
    try:
        wire = RunningWire(process, json.loads(process.stdout.readline()), folder / "evidence", token)
        yield wire
    finally:
        if wire:
            wire.control.close()
        process.stdin.close()
        try:
            process.wait(LIMIT_S)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.fixture(scope="session")
def plain_upstream() -> Iterator[Upstream]:
    """The tiny cloud over http and ws."""
    with serving(Upstream()) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def tls_upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upstream]:
    """The tiny cloud over https and wss, with a certificate of its own CA."""
    ca, leaf = make_certificates(tmp_path_factory.mktemp("tls"))
    with serving(Upstream(ca=ca), ssl_certfile=str(leaf)) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def session_wire(
    plain_upstream: Upstream, tls_upstream: Upstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningWire]:
    """One wire for all tests of the session."""
    hosts = [plain_upstream.host, tls_upstream.host, "127.0.0.1:1"]
    with running_wire(tmp_path_factory.mktemp("wire"), hosts, upstream_ca=str(tls_upstream.ca)) as wire:
        yield wire


@pytest.fixture
def wire(session_wire: RunningWire) -> Iterator[RunningWire]:
    """The wire, with nothing armed before and after."""
    session_wire.control.disarm()
    yield session_wire
    session_wire.control.disarm()


@pytest.fixture
def traffic(tmp_path: Path) -> Iterator[Traffic]:
    """The books of a wire without a proxy around it; its evidence is in the test's own folder."""
    evidence = EvidenceWriter(tmp_path, "wire")
    yield Traffic(evidence)
    evidence.close()


@pytest.fixture(params=["plain", "tls"])
def upstream(request: pytest.FixtureRequest) -> Upstream:
    """The tiny cloud, once plain and once over TLS."""
    found: Upstream = request.getfixturevalue(f"{request.param}_upstream")
    return found


class Desktop:
    """One agent's session through the wire: logged in, and known to the wire."""

    def __init__(self, wire: RunningWire, upstream: Upstream) -> None:
        self.agent = f"agent-{uuid.uuid4().hex[:8]}"
        self.wire = wire
        self.upstream = upstream
        self.proxy = wire.ready["proxy"]
        self.trust = ssl.create_default_context(cafile=wire.ready["ca"])
        # A sync socket reads and writes in two threads, which OpenSSL does not bear beside TLS 1.3's late tickets.
        self.trust.maximum_version = ssl.TLSVersion.TLSv1_2
        self.http = httpx.Client(
            base_url=upstream.url, proxy=self.proxy, verify=self.trust, timeout=LIMIT_S, trust_env=False
        )
        self._open = contextlib.ExitStack()
        self.refresh()
        self.http.get("/api/v2/users/me").raise_for_status()

    @property
    def scope(self) -> Scope:
        """A scope of this agent alone."""
        return Scope(agents=(self.agent,))

    def refresh(self) -> httpx.Response:
        """Get a token, and use it if there was one."""
        form = {"grant_type": "refresh_token", "refresh_token": f"refresh-{self.agent}"}
        answer = self.http.post("/oauth/token", data=form)
        if answer.status_code == 200:
            self.http.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer

    def get(self, size: int = 10) -> httpx.Response:
        """One harmless API call."""
        return self.http.get(f"/api/v2/things/{size}")

    def open_channel(self) -> str:
        """Make a channel; its id."""
        answer = self.http.post("/api/v2/notifications/channels").raise_for_status().json()
        return str(answer["id"])

    def open_socket(self, channel: str | None = None) -> tuple[ClientConnection, str]:
        """A socket that the cloud and the wire know as open, and its channel."""
        channel = channel or self.open_channel()
        scheme = "wss" if self.upstream.ca else "ws"
        opening = connect(
            f"{scheme}://{self.upstream.host}/channels/{channel}",
            proxy=self.proxy,
            ssl=self.trust if self.upstream.ca else None,
            open_timeout=LIMIT_S,
            close_timeout=0.2,
            ping_interval=None,
        )
        socket = self._open.enter_context(opening)
        until(lambda: channel in self.upstream.sockets, "the socket at the cloud", LIMIT_S)
        until(lambda: channel in self._opened(), "the socket at the wire", LIMIT_S)
        return socket, channel

    def _opened(self) -> list[str]:
        return [str(e["channel"]) for e in self.wire.records("ws.open", agent=self.agent)]

    def close(self) -> None:
        """End everything."""
        self._open.close()
        self.http.close()


@pytest.fixture
def desktop(wire: RunningWire, upstream: Upstream) -> Iterator[Desktop]:
    """A desktop of the plain and of the TLS cloud."""
    made = Desktop(wire, upstream)
    yield made
    made.close()


@pytest.fixture
def plain_desktop(wire: RunningWire, plain_upstream: Upstream) -> Iterator[Desktop]:
    """A desktop of the plain cloud."""
    made = Desktop(wire, plain_upstream)
    yield made
    made.close()


def heard(socket: ClientConnection, count: int, within_s: float = LIMIT_S) -> list[str]:
    """The next `count` messages of a socket."""
    return [str(socket.recv(timeout=within_s)) for _ in range(count)]


def silent(socket: ClientConnection, for_s: float) -> bool:
    """Whether nothing comes for a while."""
    try:
        socket.recv(timeout=for_s)
    except TimeoutError:
        return True
    return False


class Service:
    """A service behind the wire that delivers to a path of its own under `/sink/`, over one connection."""

    def __init__(self, wire: RunningWire, upstream: Upstream, kind: str) -> None:
        self.path = f"/sink/{uuid.uuid4().hex[:8]}/{kind}"
        self.scope = Scope(path=self.path)
        self.upstream = upstream
        trust = ssl.create_default_context(cafile=wire.ready["ca"])
        self.http = httpx.Client(
            base_url=upstream.url, proxy=wire.ready["proxy"], timeout=LIMIT_S, trust_env=False, verify=trust
        )

    def deliver(self, number: int) -> int:
        """One numbered delivery; the status of its answer."""
        return self.http.post(self.path, json={"number": number}).status_code

    def arrived(self) -> list[Delivered]:
        """What has come of it."""
        return [one for one in self.upstream.delivered if one.path == self.path]

    def numbers(self) -> list[int]:
        """The numbers that have come, in order."""
        return [json.loads(one.body)["number"] for one in self.arrived()]


@pytest.fixture
def service(wire: RunningWire, upstream: Upstream) -> Iterator[Callable[[str], Service]]:
    """Makes services that deliver to the plain and to the TLS cloud."""
    made: list[Service] = []

    def make(kind: str = "eventbridge") -> Service:
        made.append(Service(wire, upstream, kind))
        return made[-1]

    yield make
    for one in made:
        one.http.close()
