"""A run written by hand: a world file, evidence lines at chosen moments, and what desktops answer at their endpoint."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.runtime import WORLD_KEY, run_of
from harness.world import Agent, CloudControl, World, WorldKind
from tests.answering import Told, answering
from tests.simulator.cloud.conftest import (
    AGENTS,
    CLIENT_ID,
    CLIENT_SECRET,
    CONTROL_TOKEN,
    DESKTOP_CLIENT_ID,
    CloudProcess,
    cloud_settings,
)
from tests.simulator.cloud.conftest import QUEUE_ID as QUEUE_ID

SCALE = 0.05
BASE_NS = 1_000_000_000_000
A, B, C = (agent.id for agent in AGENTS[:3])
CANARY = AGENTS[3].id
ON_QUEUE = "e08eaf1b-ee47-4fa9-a231-1200e284798f"
MEETING = "bbdff279-7ae1-48ea-bade-7831d7234c64"


def _agent(number: int) -> Agent:
    given = AGENTS[number]
    return Agent(given.id, given.name, given.refresh_token)


class Scene:
    """One run. `at(real_seconds, source, kind, agent, **fields)` writes one line of evidence."""

    def __init__(self, folder: Path, handles: ExitStack) -> None:
        self._folder = folder
        self._handles = handles
        self._lines: dict[str, int] = {}
        self.rows: list[dict[str, Any]] = []
        self.cloud: CloudProcess | None = None
        (folder / "evidence").mkdir()
        self.world = World(
            kind=WorldKind.LOCAL,
            run="by-hand",
            folder=str(folder),
            keeper_socket="",
            api="http://127.0.0.1:9",
            login="http://127.0.0.1:9",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            desktop_client_id=DESKTOP_CLIENT_ID,
            agents=tuple(_agent(number) for number in range(3)),
            canary=_agent(3),
            queue_id=QUEUE_ID,
            time_scale=SCALE,
            seed=1,
        )

    @property
    def configuration(self) -> dict[str, str]:
        """What an experiment's configuration says; the world is written down as it is now."""
        path = self._folder / "world.json"
        if not path.exists():
            self.world.write(path)
            self._handles.callback(run_of({WORLD_KEY: str(path)}).evidence.close)
        return {WORLD_KEY: str(path)}

    def at(self, real_s: float, source: str, kind: str, agent: str | None = None, **fields: Any) -> None:
        """Write one line, `real_s` real-world seconds after the start."""
        number = self._lines.get(source, 0)
        self._lines[source] = number + 1
        line = {
            "t": BASE_NS + int(real_s * SCALE * 1_000_000_000),
            "wall": "2026-11-20T12:00:00.000+00:00",
            "source": source,
            "kind": kind,
            "n": number,
            **({"agent": agent} if agent else {}),
            **fields,
        }
        with (self._folder / "evidence" / f"{source}.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")

    def fault(self, ordered_s: float, cleared_s: float | None = None, name: str = "ws_reset") -> None:
        """A fault that is ordered, seen a tenth of a second later, and seen cleared, if it is."""
        self.at(ordered_s, "chaos", "fault.ordered", fault=name, lease="lease-1")
        self.at(ordered_s + 0.1, "chaos", "fault.seen", fault=name, lease="lease-1")
        if cleared_s is not None:
            self.at(cleared_s, "chaos", "fault.cleared_seen", fault=name, lease="lease-1")

    def socket(self, agent: str, opened_s: float, closed_s: float | None = None, number: int = 1, **more: Any) -> None:
        """A socket on the wire."""
        fields = {"channel": f"channel-{number}", "socket": number}
        self.at(opened_s, "wire", "ws.open", agent, **fields)
        if closed_s is not None:
            self.at(closed_s, "wire", "ws.close", agent, **fields, **{"code": 1006, "abnormal": True, **more})

    def call(self, real_s: float, agent: str | None, method: str, path: str, status: int = 200, **more: Any) -> None:
        """An API request on the wire, answered at `real_s`."""
        fields = {"method": method, "path": path, "status": status, "ms": 1.0, "touched": [], **more}
        self.at(real_s, "wire", "api", agent, **fields)

    def looks(self, real_s: float, agent: str, presence: str = "ON_QUEUE", **more: Any) -> None:
        """The validator's look at an agent."""
        fields = {"presence": presence, "routing": "IDLE", "joined": True, "message": "", "modified": "1", **more}
        self.at(real_s, "validator", "agent.status", agent, **fields)

    def sees_call(self, real_s: float, conversation: str, agent: str, state: str, wrapup: Any = None) -> None:
        """The validator's look at a conversation with one agent in it."""
        part = {"id": agent, "state": state, "wrapup": wrapup, "acw_deadline_ms": None}
        self.at(
            real_s, "validator", "conversation.status", conversation=conversation, state=state, version=1, agents=[part]
        )

    def desktops(self, *rows: dict[str, Any]) -> None:
        """Have desktops that answer with these rows; keys left out have healthy values."""
        if self.world.crowd_url is None:
            self.world = replace(
                self.world, crowd_url=self._handles.enter_context(answering(lambda _: Told(self.rows)))
            )
        self.rows = [{**HEALTHY, **row} for row in rows]

    def with_answers(self, answers: dict[str, Any]) -> None:
        """Have an API that gives these answers by path, and a token to everybody."""
        token = {"access_token": "a-token-for-tests", "expires_in": 86399}
        known = {"/oauth/token": token, **answers}
        url = self._handles.enter_context(answering(lambda path: Told(known[path.partition("?")[0]])))
        self.world = replace(self.world, api=url, login=url)

    @contextmanager
    def crowd_gone(self) -> Iterator[None]:
        """Nobody answers at the desktops' address any more."""
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            self.world = replace(self.world, crowd_url=f"http://127.0.0.1:{unused.getsockname()[1]}")
            yield

    def with_cloud(self, **changes: Any) -> CloudProcess:
        """Have a real cloud, with every agent On Queue."""
        evidence = str(self._folder / "evidence")
        # In real time, for these tests are agents of flesh and blood who must not miss a call on a busy machine.
        settings = cloud_settings(self._folder, **{"evidence": evidence, "time_scale": 1.0, **changes})
        self.cloud = CloudProcess(self._folder, settings, self._handles)
        control = CloudControl(self.cloud.ready["control"], CONTROL_TOKEN)
        api, ca = self.cloud.api, self.cloud.ready["ca"]
        self.world = replace(self.world, api=api, login=api, control=control, ca=ca)
        for agent in (A, B, C):
            self.set_presence(agent, ON_QUEUE)
        return self.cloud

    def set_presence(self, agent: str, definition: str, message: str = "") -> dict[str, Any]:
        """What a supervisor does over the API; the new presence."""
        assert self.cloud is not None
        body = {"presenceDefinition": {"id": definition}, "message": message}
        answer = self.cloud.service().patch(f"/api/v2/users/{agent}/presences/PURECLOUD", json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def take_call(self) -> tuple[str, str]:
        """A customer calls and the agent who is rung answers: conversation and agent."""
        assert self.cloud is not None
        conversation = self.cloud.control("place_call")["conversationId"]
        agent, participant = self.participant(conversation)
        self.patch_call(conversation, agent, participant, {"state": "connected"})
        return conversation, agent

    def participant(self, conversation: str) -> tuple[str, str]:
        """The agent in a conversation, and that agent's participant id."""
        assert self.cloud is not None
        found = self.cloud.service().get(f"/api/v2/conversations/{conversation}").json()
        part = next(part for part in reversed(found["participants"]) if part["purpose"] == "agent")
        return part["userId"], part["id"]

    def patch_call(self, conversation: str, agent: str, participant: str, body: dict[str, Any]) -> None:
        """What the agent does to the call."""
        assert self.cloud is not None
        who = next(one for one in AGENTS if one.id == agent)
        path = f"/api/v2/conversations/calls/{conversation}/participants/{participant}"
        answer: httpx.Response = self.cloud.agent(who).patch(path, json=body)
        assert answer.is_success, answer.text


HEALTHY: dict[str, Any] = {
    "banner": "connected",
    "connected": True,
    "sockets": 1,
    "presence": "ON_QUEUE",
    "presence_version": "1",
    "presence_message": "",
    "routing": "IDLE",
    "on_queue": True,
    "conversations": [],
    "wrapup": None,
    "topics": [],
    "refused": 0,
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A run to be written by hand; what it started ends with the test."""
    with ExitStack() as handles:
        yield Scene(tmp_path, handles)


@pytest.fixture
def handles() -> Iterator[ExitStack]:
    """What ends with the test."""
    with ExitStack() as found:
        yield found
