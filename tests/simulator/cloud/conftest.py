"""Real cloud processes for tests: `start_cloud()` gives one with few agents, on loopback, ended with the test."""

import json
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.evidence import Evidence, read

CLIENT_ID = "11111111-0000-4000-8000-000000000001"
CLIENT_SECRET = "secret-of-the-test-client"
DESKTOP_CLIENT_ID = "22222222-0000-4000-8000-000000000002"
QUEUE_ID = "33333333-0000-4000-8000-000000000003"
CONTROL_TOKEN = "control-token-of-the-test"


@dataclass(frozen=True)
class TestAgent:
    """An agent of the cloud under test."""

    __test__ = False
    id: str
    name: str
    refresh_token: str


AGENTS = tuple(
    TestAgent(f"a0000000-0000-4000-8000-00000000000{n}", f"Agent {n}", f"refresh-token-of-agent-{n}")
    for n in range(1, 5)
)


def cloud_settings(folder: Path, **changes: Any) -> dict[str, Any]:
    """Settings of a small cloud whose evidence goes below `folder`; `changes` replace keys."""
    return {
        "agents": [{"id": a.id, "name": a.name, "refresh_token": a.refresh_token} for a in AGENTS],
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "desktop_client_id": DESKTOP_CLIENT_ID,
        "queue": {"id": QUEUE_ID, "name": "Chaos"},
        "seed": 7,
        "time_scale": 0.05,
        "evidence": str(folder / "evidence"),
        "control_token": CONTROL_TOKEN,
        "tls": False,
        "tls_folder": str(folder / "tls"),
        "port": 0,
        "token_seconds": 86399,
        "rate_limits": False,
        "switches": {},
        "event_feed": None,
        "sabotage": [],
        **changes,
    }


class CloudProcess:
    """One running cloud: its addresses, logged-in clients, its control API and, after `end`, its evidence."""

    def __init__(self, folder: Path, settings: dict[str, Any], handles: ExitStack) -> None:
        self.settings = settings
        self._handles = handles
        path = folder / "cloud.json"
        path.write_text(json.dumps(settings))
        argv = [sys.executable, "-m", "simulator.cloud", "--settings", str(path)]
        root = Path(__file__).parents[3]
        self.process = subprocess.Popen(argv, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        handles.callback(self.end)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.api: str = self.ready["api"]
        ca = self.ready["ca"]
        self.trust: ssl.SSLContext | bool = ssl.create_default_context(cafile=ca) if ca else True

    def end(self) -> int:
        """End it by closing its stdin; the exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        return code

    @property
    def evidence_folder(self) -> Path:
        """Where it writes."""
        return Path(self.settings["evidence"])

    def evidence(self) -> Evidence:
        """What it wrote so far."""
        return read(self.evidence_folder)

    def grant(self, **form: str) -> httpx.Response:
        """The answer of /oauth/token to `form`."""
        return httpx.post(f"{self.api}/oauth/token", data=form, verify=self.trust, trust_env=False)

    def agent_token(self, agent: TestAgent = AGENTS[0]) -> str:
        """A new access token of an agent's desktop."""
        given = self.grant(grant_type="refresh_token", client_id=DESKTOP_CLIENT_ID, refresh_token=agent.refresh_token)
        return str(given.json()["access_token"])

    def service_token(self) -> str:
        """A new access token by client credentials."""
        given = self.grant(grant_type="client_credentials", client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        return str(given.json()["access_token"])

    def client(self, token: str) -> httpx.Client:
        """An HTTP client that sends `token`; closed with the test."""
        headers = {"authorization": f"Bearer {token}"}
        client = httpx.Client(base_url=self.api, headers=headers, verify=self.trust, trust_env=False, timeout=10)
        return self._handles.enter_context(client)

    def agent(self, agent: TestAgent = AGENTS[0]) -> httpx.Client:
        """A logged-in client of an agent."""
        return self.client(self.agent_token(agent))

    def service(self) -> httpx.Client:
        """A logged-in client with client credentials."""
        return self.client(self.service_token())

    def control(self, verb: str, **given: Any) -> dict[str, Any]:
        """Call a control verb that must succeed; its answer."""
        headers = {"authorization": f"Bearer {CONTROL_TOKEN}"}
        url = f"{self.ready['control']}/{verb}"
        answer = httpx.post(url, json=given, headers=headers, verify=self.trust, trust_env=False)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def state(self, what: str = "sockets") -> dict[str, Any]:
        """The ground truth below the control prefix."""
        headers = {"authorization": f"Bearer {CONTROL_TOKEN}"}
        url = f"{self.ready['control']}/{what}"
        return dict(httpx.get(url, headers=headers, verify=self.trust, trust_env=False).json())


StartCloud = Callable[..., CloudProcess]


@pytest.fixture
def start_cloud(tmp_path: Path) -> Iterator[StartCloud]:
    """Call it with changed settings to get a `CloudProcess`; all of them end with the test."""
    with ExitStack() as handles:

        def start(**changes: Any) -> CloudProcess:
            folder = tmp_path / f"cloud-{len(list(tmp_path.iterdir()))}"
            folder.mkdir()
            return CloudProcess(folder, cloud_settings(folder, **changes), handles)

        yield start


@pytest.fixture
def cloud(start_cloud: StartCloud) -> CloudProcess:
    """A small cloud with the default settings, 20 times faster than real time."""
    return start_cloud()


@pytest.fixture(scope="module")
def shared_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudProcess]:
    """The same for all tests of a file that leave nothing behind in it."""
    folder = tmp_path_factory.mktemp("cloud")
    with ExitStack() as handles:
        yield CloudProcess(folder, cloud_settings(folder), handles)
