"""One healthy world and one in which every fault is sabotaged, and a client of the wire that is not the canary."""

import importlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from harness import runtime
from harness.errors import DeskstormError
from harness.evidence import read
from harness.settings import RunSettings
from harness.start import VERBS, Started, bring_up
from harness.waiting import Waited, until
from harness.world import World, WorldKind

ROOT = Path(__file__).parents[2]
LIMIT_S = 10.0
LONGEST_S = 10_000.0  # a world that several files share is up until the last test is over
# Of a fault's lease, in a world ten times as fast: what is measured in a lab on a busy machine takes its time.
LAB_SECONDS = 1800.0


@dataclass
class Client:
    """An agent with its own session through the wire, to measure what the canary says."""

    world: World
    agent: str
    http: httpx.Client
    token: str
    _open: ExitStack = field(default_factory=ExitStack)

    def get(self, path: str = "/api/v2/users/me", within_s: float = LIMIT_S) -> httpx.Response:
        """One REST call."""
        return self.request("GET", path, within_s=within_s)

    def request(self, method: str, path: str, body: Any = None, within_s: float = LIMIT_S) -> httpx.Response:
        """One REST call."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.http.request(method, self.world.api + path, json=body, headers=headers, timeout=within_s)

    def refresh(self) -> httpx.Response:
        """Ask for a new token."""
        given = next(agent for agent in self.world.agents if agent.id == self.agent)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": given.refresh_token,
            "client_id": self.world.desktop_client_id,
        }
        return self.http.post(f"{self.world.login}/oauth/token", data=form)

    def socket(self) -> ClientConnection:
        """A new notification socket that hears of the agent's presence."""
        channel = self.request("POST", "/api/v2/notifications/channels").json()
        path = f"/api/v2/notifications/channels/{channel['id']}/subscriptions"
        topics = [{"id": f"v2.users.{self.agent}.presence"}]
        self.request("PUT", path, topics).raise_for_status()
        proxy = self.world.wire.proxy if self.world.wire else None
        uri = str(channel["connectUri"])
        return self._open.enter_context(connect(uri, proxy=proxy, close_timeout=0.2, ping_interval=None))

    def flip(self, messages: Iterable[str]) -> None:
        """Change the agent's presence message past the wire."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self.world.api}/api/v2/users/{self.agent}/presences/PURECLOUD"
        for message in messages:
            httpx.patch(url, json={"message": message}, headers=headers, trust_env=False).raise_for_status()

    def close(self) -> None:
        """Leave nothing open."""
        with suppress(OSError, WebSocketException):
            self._open.close()
        self.http.close()


@dataclass(frozen=True)
class Live:
    """A world that is up, and the actions played in it."""

    started: Started
    configuration: Mapping[str, str]
    usual: Mapping[str, Any] = field(default_factory=dict)  # parameters of an injection that does not say otherwise

    @property
    def world(self) -> World:
        """Its addresses."""
        return self.started.world

    def inject(self, fault: str, **parameters: Any) -> dict[str, Any]:
        """Call `inject_<fault>`."""
        return self._call(fault, f"inject_{fault}", **{**self.usual, **parameters})

    def clear(self, fault: str) -> dict[str, Any]:
        """Call `clear_<fault>`."""
        return self._call(fault, f"clear_{fault}")

    def do(self, deed: str, **parameters: Any) -> dict[str, Any]:
        """Call the action `deed`."""
        return self._call(deed, deed, **parameters)

    @contextmanager
    def fault(self, fault: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The fault is in force, and cleared afterwards whatever happens."""
        try:
            yield self.inject(fault, **parameters)
        finally:
            self.clear(fault)

    def refuses(self, error: type[DeskstormError], fault: str, **parameters: Any) -> DeskstormError:
        """The error with which `inject_<fault>` refuses, leaving nothing in force."""
        try:
            with pytest.raises(error) as raised:
                self.inject(fault, **parameters)
        finally:
            self.clear(fault)
        assert self.in_force() == []
        return raised.value

    def in_force(self) -> list[str]:
        """The faults that the keeper holds leases of."""
        return [str(lease["fault"]) for lease in self.started.keeper.in_force()["leases"]]

    def touched(self, since: int, agent: str | None = None) -> dict[str, set[str]]:
        """By path, what touched the calls (of an agent) that the wire has said to be over since `since` (nanoseconds);
        a call that nothing touched adds ""."""
        found: dict[str, set[str]] = {}
        for entry in read(self.world.evidence).of("api", source="wire"):
            if entry.t >= since and agent in (None, entry.agent):
                found.setdefault(str(entry["path"]), set()).update(entry["touched"] or [""])
        return found

    def _call(self, module: str, function: str, **parameters: Any) -> dict[str, Any]:
        action: Callable[..., dict[str, Any]] = getattr(importlib.import_module(f"actions.{module}"), function)
        return action(**parameters, configuration=self.configuration)


def heard(socket: ClientConnection, quiet_s: float = 0.5) -> list[str]:
    """The presence messages that come over `socket` until it is quiet, in order."""
    found: list[str] = []
    while True:
        try:
            message = json.loads(socket.recv(timeout=quiet_s))
        except TimeoutError:
            return found
        if message.get("topicName", "").endswith(".presence"):
            found.append(str(message["eventBody"].get("message")))


def pong(socket: ClientConnection, within_s: float = 1.0) -> bool:
    """Whether a ping gets its pong."""
    socket.send(json.dumps({"message": "ping"}))
    deadline = time.monotonic() + within_s
    while (left := deadline - time.monotonic()) > 0:
        try:
            message = json.loads(socket.recv(timeout=left))
        except TimeoutError:
            return False
        if message.get("eventBody", {}).get("message") == "pong":
            return True
    return False


def closed(socket: ClientConnection, within_s: float = 5.0) -> tuple[int, str] | None:
    """Code and reason of the close frame that ends `socket`, None if it ended without one."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            socket.recv(timeout=max(0.01, deadline - time.monotonic()))
        except ConnectionClosed as end:
            return (end.rcvd.code, end.rcvd.reason) if end.rcvd else None


def desktops(live: Live) -> dict[str, dict[str, Any]]:
    """What each desktop shows now, by agent."""
    rows = httpx.get(f"{live.world.crowd_url}/desktops", trust_env=False).json()
    return {str(row["agent"]): row for row in rows}


def shows(live: Live, agent: str, presence: str) -> bool:
    """Whether the desktop of `agent` comes to show `presence`; if not, the test fails with what it shows."""
    found: dict[str, Any] = {}

    def shown() -> bool:
        found.update(desktops(live)[agent])
        return bool(found["presence"] == presence)

    try:
        return until(shown, f"the desktop to show {presence}", within_s=20)
    except Waited as late:
        own = [entry for entry in read(live.world.evidence).entries if entry.agent == agent and entry.source == "crowd"]
        last = "\n".join(f"{entry.kind} {entry.fields}" for entry in own[-15:])
        raise AssertionError(f"{late}: {found}\n{last}") from late


def drafting(live: Live) -> list[str]:
    """The agents who have a wrap-up to write."""
    return [agent for agent, row in desktops(live).items() if (row["wrapup"] or {}).get("state") == "draft"]


def on_call(live: Live) -> str:
    """Place one call and wait until a desktop has it in hand; its id."""
    conversation = str(live.do("place_calls")["conversations"][0])

    def in_hand() -> bool:
        calls = [call for row in desktops(live).values() for call in row["conversations"]]
        return any(call["id"] == conversation and call["state"] == "connected" for call in calls)

    until(in_hand, "an agent to take the call", within_s=20)
    return conversation


def _everything_sabotaged() -> tuple[str, ...]:
    faults = [path.stem for path in (ROOT / "proxy_addons").glob("*.py") if not path.name.startswith("_")]
    return (*sorted(set(faults) - {"wire"}), *VERBS)


def live_world(settings: RunSettings) -> Iterator[Live]:
    """A world of these settings, with the actions played in it."""
    with tempfile.TemporaryDirectory(prefix="actions-") as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKSTORM_STATE", f"{name}/state")
        folder = Path(name) / f"run-{os.getpid()}"
        evidence = runtime.evidence_of(folder / "evidence")
        started = bring_up(replace(settings, longest_s=LONGEST_S), folder, evidence, lambda reason: None)
        try:
            yield Live(started, {runtime.WORLD_KEY: str(started.world_file)})
        finally:
            started.take_down()
            evidence.close()


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """A healthy world with three agents."""
    yield from live_world(RunSettings(agents=3))


@pytest.fixture(scope="session")
def sabotaged() -> Iterator[Live]:
    """A world in which every fault and every control verb silently does nothing."""
    yield from live_world(RunSettings(agents=2, sabotage=_everything_sabotaged()))


@pytest.fixture(scope="session")
def at_site() -> Iterator[Live]:
    """A healthy world whose two desktops live behind a network link of their own."""
    for live in live_world(RunSettings(agents=2, sites=1)):
        yield replace(live, usual={"seconds": LAB_SECONDS})


@pytest.fixture(scope="session")
def sabotaged_site(at_site: Live) -> Live:
    """The same to those who take every fault of the network for one that silently does nothing."""
    faults = tuple(path.stem for path in (ROOT / "actions").glob("*.py") if "harness.network" in path.read_text())
    path = Path(at_site.started.world_file).with_name("sabotaged.json")
    world = replace(at_site.world, sabotage=faults)
    world.write(path)
    return replace(at_site, started=replace(at_site.started, world=world), configuration={runtime.WORLD_KEY: str(path)})


@pytest.fixture
def floor(live: Live) -> Live:
    """The healthy world with every desktop connected and idle, whatever the test before did to them."""

    def idle() -> bool:
        return all(row["banner"] == "connected" for row in desktops(live).values()) and not drafting(live)

    live.do("end_calls")
    live.do("log_in_desktops")
    until(idle, "every desktop to be connected and idle", within_s=40)
    return live


@pytest.fixture
def public(live: Live) -> Live:
    """The same world to those who take its cloud for a real org: blast radius checked, and no control API."""
    path = Path(live.started.world_file).with_name("public.json")
    world = replace(live.world, kind=WorldKind.ORG, control=None)
    world.write(path)
    return Live(replace(live.started, world=world), {runtime.WORLD_KEY: str(path)})


@pytest.fixture
def client(live: Live) -> Iterator[Client]:
    """The first agent, through the wire."""
    assert live.world.wire is not None
    http = httpx.Client(proxy=live.world.wire.proxy, trust_env=False, timeout=LIMIT_S)
    found = Client(live.world, live.world.agents[0].id, http, "")
    found.token = str(found.refresh().json()["access_token"])
    found.get().raise_for_status()  # so that the wire learns whose token it is
    yield found
    found.close()
