"""The same experiments against an org: a cloud that somebody else started, over TLS and with rate limits on."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import Evidence, read
from harness.many import CHAOS_RUN
from harness.waiting import until
from tests.simulator.cloud.conftest import (
    CLIENT_ID,
    CLIENT_SECRET,
    DESKTOP_CLIENT_ID,
    QUEUE_ID,
    CloudProcess,
    TestAgent,
    cloud_settings,
)

pytestmark = pytest.mark.world
ROOT = Path(__file__).parent.parent
STAGE = ROOT / "tests" / "harness" / "stage"
LIMIT_S = 240.0
SCALE = 0.1
PEOPLE = tuple(
    TestAgent(f"c0000000-0000-4000-8000-00000000000{n}", f"Person {n}", f"refresh-token-of-person-{n}")
    for n in range(1, 8)
)
TESTERS, CANARY, STRANGER = PEOPLE[:5], PEOPLE[5], PEOPLE[6]
ON_QUEUE = "e08eaf1b-ee47-4fa9-a231-1200e284798f"
MEMBERS = f"/api/v2/routing/queues/{QUEUE_ID}/members"


@dataclass(frozen=True)
class Ran:
    """One `chaos run` against the org."""

    code: int
    folder: Path
    output: str

    @property
    def verdict(self) -> dict[str, Any]:
        """What `verdict.json` says."""
        found: dict[str, Any] = json.loads((self.folder / "verdict.json").read_text())
        return found

    @property
    def evidence(self) -> Evidence:
        """What every process of the run wrote."""
        return read(self.folder / "evidence")

    @property
    def caught_by(self) -> list[str]:
        """The questions that were answered outside their limits."""
        return [str(one["question"]) for one in self.verdict["findings"] if one["verdict"] == "FAIL"]

    def is_void(self, because: str) -> None:
        """It ended as VOID for that reason."""
        assert self.code != 0
        assert self.verdict["verdict"] == "VOID", self.verdict
        assert because in " ".join(self.verdict["reasons"]), self.verdict["reasons"]


class Org:
    """Somebody else's cloud, and a world file that names five of its agents and a canary."""

    def __init__(self, cloud: CloudProcess, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.world_file = folder / "org.json"
        self.world_file.write_text(json.dumps(self.words()))

    def words(self) -> dict[str, Any]:
        """The world file: not one secret in it."""
        return {
            "api": self.cloud.api,
            "login": self.cloud.api,
            "streaming": self.cloud.api.replace("https", "wss"),
            "ca": self.cloud.ready["ca"],
            "desktop_client_id": DESKTOP_CLIENT_ID,
            "queue_id": QUEUE_ID,
            "agents": [{"id": a.id, "name": a.name, "refresh_token_env": _variable(a)} for a in TESTERS],
            "canary": {"id": CANARY.id, "name": CANARY.name, "refresh_token_env": _variable(CANARY)},
            "time_scale": SCALE,
        }

    def environment(self) -> dict[str, str]:
        """Where the secrets are."""
        return {
            "GENESYS_CLIENT_ID": CLIENT_ID,
            "GENESYS_CLIENT_SECRET": CLIENT_SECRET,
            "MEDDLER_API": self.cloud.api,
            "MEDDLER_CA": str(self.cloud.ready["ca"]),
            **{_variable(agent): agent.refresh_token for agent in (*TESTERS, CANARY)},
        }

    def run(self, experiment: Path, **changes: str) -> Ran:
        """`chaos run` with this org as its world."""
        done = subprocess.run(
            [*CHAOS_RUN, str(self.folder / "journal.json"), str(experiment)],
            cwd=ROOT,
            env={
                **os.environ,
                **self.environment(),
                "PYTHONPATH": str(STAGE),
                "DESKSTORM_WORLD": str(self.world_file),
                "DESKSTORM_RUNS": str(self.folder / "runs"),
                "DESKSTORM_RUN": "it",
                "DESKSTORM_STATE": str(self.folder / "state"),
                **changes,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        return Ran(done.returncode, self.folder / "runs" / "it", done.stdout + done.stderr)

    def named(self, name: str, **changes: str) -> Ran:
        """The same with one of the project's experiments."""
        return self.run(ROOT / "experiments" / f"{name}.json", **changes)

    def presences(self) -> dict[str, tuple[str, str]]:
        """Presence and message of every person of the org."""
        agents = self.cloud.state("truth")["agents"]
        return {row["id"]: (row["presence"], row["presence_message"]) for row in agents}

    def is_left_alone(self) -> None:
        """It runs as before, and nothing of ours is left: no state of the run, no socket."""
        assert self.cloud.process.poll() is None
        state = self.folder / "state"
        assert not state.exists() or list(state.iterdir()) == []
        assert self.cloud.state("sockets")["sockets"] == []

    def leave_chaos_queue(self, agent: TestAgent) -> None:
        """Take an agent out of the chaos queue."""
        self.cloud.service().post(f"{MEMBERS}?delete=true", json=[{"id": agent.id}]).raise_for_status()

    def another_queue(self, agent: TestAgent) -> str:
        """A queue for real customers, with this agent in it."""
        service = self.cloud.service()
        queue = str(service.post("/api/v2/routing/queues", json={"name": "Billing"}).raise_for_status().json()["id"])
        service.post(f"/api/v2/routing/queues/{queue}/members", json=[{"id": agent.id}]).raise_for_status()
        return queue


def _does(name: str, module: str, func: str, **arguments: Any) -> dict[str, Any]:
    provider = {"type": "python", "module": module, "func": func, "arguments": arguments}
    return {"type": "action", "name": name, "provider": provider}


CONNECTED = {
    **_does("all desktops are up", "probes.share_of_desktops_connected", "share_of_desktops_connected", within_s=60),
    "type": "probe",
    "tolerance": {"type": "range", "range": [1.0, 1.0]},
}


def _experiment(org: Org, method: list[dict[str, Any]], rollbacks: list[dict[str, Any]] | None = None) -> Path:
    content = {
        "title": "An experiment against an org",
        "description": "Breaks a little of somebody else's cloud.",
        "controls": [{"name": "deskstorm", "provider": {"type": "python", "module": "harness.control"}}],
        "steady-state-hypothesis": {"title": "up", "probes": [{**CONNECTED, "name": "up"}]},
        "method": method,
        "rollbacks": rollbacks or [],
        "runtime": {"rollbacks": {"strategy": "always"}},
        "extensions": [{"name": "deskstorm", "guard": []}],
    }
    path = org.folder / "experiment.json"
    path.write_text(json.dumps(content))
    return path


def _variable(agent: TestAgent) -> str:
    return f"{agent.name.upper().replace(' ', '_')}_REFRESH_TOKEN"


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    """An org in which only test agents are in the chaos queue."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    people = [{"id": a.id, "name": a.name, "refresh_token": a.refresh_token} for a in PEOPLE]
    settings = cloud_settings(folder, agents=people, tls=True, rate_limits=True, time_scale=SCALE)
    with ExitStack() as handles:
        found = Org(CloudProcess(folder, settings, handles), tmp_path)
        found.leave_chaos_queue(STRANGER)
        yield found


@pytest.mark.parametrize("name", ["websocket_reset", "token_revoked", "api_errors"])
def test_the_same_experiments_pass(org: Org, name: str) -> None:
    before = org.presences()
    ran = org.named(name)
    assert (ran.code, ran.verdict["verdict"]) == (0, "PASS"), ran.verdict["reasons"]
    assert (ran.verdict["world"], ran.verdict["agents"], ran.verdict["time_scale"]) == ("org", len(TESTERS), SCALE)
    assert {entry.source for entry in ran.evidence.entries}.isdisjoint({"cloud"})
    org.is_left_alone()
    until(lambda: org.presences() == before, "everybody to be as before", within_s=20)
    assert 429 not in {entry["status"] for entry in org.cloud.evidence().of("cloud.request")}


def test_no_secret_of_the_org_is_written_down(org: Org) -> None:
    ran = org.run(_experiment(org, [CONNECTED]))
    assert ran.code == 0, ran.verdict["reasons"]
    secrets = {CLIENT_SECRET, *(agent.refresh_token for agent in PEOPLE)}
    for path in [*ran.folder.rglob("*"), org.folder / "journal.json"]:
        if path.is_file():
            assert not [secret for secret in secrets if secret.encode() in path.read_bytes()], path
    assert not [secret for secret in secrets if secret in ran.output]


def test_a_planted_defect_fails_by_the_same_probe(org: Org) -> None:
    ran = org.named("websocket_reset", DESKSTORM_DEFECT="deaf_after_reconnect")
    assert (ran.code, ran.verdict["verdict"]) == (1, "FAIL"), ran.verdict["reasons"]
    assert "every desktop hears the supervisor again" in ran.caught_by
    org.is_left_alone()


def _stranger_in_the_chaos_queue(org: Org) -> str:
    org.cloud.service().post(MEMBERS, json=[{"id": STRANGER.id}]).raise_for_status()
    return f"agent {STRANGER.id}: expected test agents alone in the chaos queue, found a member not listed"


def _agent_in_another_queue(org: Org) -> str:
    org.another_queue(TESTERS[1])
    return f"agent {TESTERS[1].id}: expected a member of the chaos queue alone, found a member of Billing"


def _customer_on_the_line(org: Org) -> str:
    tester, service = TESTERS[2], org.cloud.service()
    queue = org.another_queue(tester)
    presence = {"presenceDefinition": {"id": ON_QUEUE}}
    service.patch(f"/api/v2/users/{tester.id}/presences/PURECLOUD", json=presence).raise_for_status()
    placed = service.post("/api/v2/conversations/calls", json={"callQueueId": queue}).raise_for_status().json()["id"]
    own = org.cloud.agent(tester)

    def offered() -> str:
        parts = own.get(f"/api/v2/conversations/{placed}").json()["participants"]
        return next((str(part["id"]) for part in parts if part.get("userId") == tester.id), "")

    part = until(offered, "the call to be offered", within_s=20)
    own.patch(f"/api/v2/conversations/calls/{placed}/participants/{part}", json={"state": "connected"})
    service.post(f"/api/v2/routing/queues/{queue}/members?delete=true", json=[{"id": tester.id}]).raise_for_status()
    return f"agent {tester.id}: expected no conversation with anyone outside the test, found {placed} from queue"


@pytest.mark.parametrize("happened", [_stranger_in_the_chaos_queue, _agent_in_another_queue, _customer_on_the_line])
def test_who_must_not_be_touched_is_named_before_anything_starts(org: Org, happened: Callable[[Org], str]) -> None:
    because = happened(org)
    before = org.presences()
    ran = org.named("websocket_reset")
    ran.is_void(because)
    assert ran.evidence.of("process.started") == []
    assert ran.evidence.of("lease.held") == []
    assert org.presences() == before
    org.is_left_alone()


def test_it_is_checked_again_before_each_injection(org: Org) -> None:
    meddled = _does("somebody joins", "meddling", "call", method="POST", path=MEMBERS, body=[{"id": STRANGER.id}])
    slow = _does("slow down", "actions.api_latency", "inject_api_latency", delay_ms=2000, seconds=600)
    heal = _does("heal", "actions.api_latency", "clear_api_latency")
    again = {**slow, "name": "slow down again"}
    ran = org.run(_experiment(org, [slow, heal, meddled, again, CONNECTED], rollbacks=[heal]))
    ran.is_void(f"slow down again could not be carried out: agent {STRANGER.id}: expected test agents alone in the")
    assert len(ran.evidence.of("fault.seen")) == len(ran.evidence.of("fault.cleared_seen")) == 1
    assert len(ran.evidence.of("fault.armed", source="wire")) == 1
    org.is_left_alone()


def test_a_fault_that_needs_the_clouds_help_is_refused_by_name(org: Org) -> None:
    evict = _does("evict", "actions.channel_evicted", "inject_channel_evicted")
    ran = org.run(_experiment(org, [evict, CONNECTED]))
    ran.is_void("channel_evicted in this world: expected a local world, whose cloud can be told to")
    assert ran.evidence.of("lease.held") == []
    org.is_left_alone()


@pytest.mark.parametrize(
    ("name", "changes", "because"),
    [
        ("token_refresh_delay", {}, "this experiment's world: expected a local one, whose cloud can be set to token_s"),
        ("schedule_publish", {"DESKSTORM_SABOTAGE": "schedule_publish"}, "sabotage of schedule_publish: expected a lo"),
        ("wrapup_outage", {}, "agents: expected at least 7 for this experiment, found 5"),
        ("websocket_reset", {"GENESYS_CLIENT_SECRET": "wrong"}, "the blast radius could not be checked"),
        ("websocket_reset", {"CANARY": ""}, "the environment variable"),
    ],
)
def test_what_an_org_cannot_give_is_said_before_anything_starts(
    org: Org, name: str, changes: dict[str, str], because: str
) -> None:
    changes = {_variable(CANARY) if key == "CANARY" else key: value for key, value in changes.items()}
    ran = org.named(name, **changes)
    ran.is_void(because)
    assert "the run never said" not in " ".join(ran.verdict["reasons"])
    assert ran.evidence.of("process.started") == []
    org.is_left_alone()
