"""The outside observer, as a process, beside a real cloud."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import CLOSED, Entry, read
from harness.observing.validator import pace_s
from harness.waiting import until
from harness.world import Agent
from tests.harness.cloud_world import world_at, world_of
from tests.simulator.cloud.conftest import AGENTS, CloudProcess, StartCloud

pytestmark = pytest.mark.world
ROOT = Path(__file__).parents[3]
ON_QUEUE = "e08eaf1b-ee47-4fa9-a231-1200e284798f"


class Observer:
    """A validator that runs beside `cloud`."""

    def __init__(self, cloud: CloudProcess, folder: Path, **changes: Any) -> None:
        self.folder = folder
        world = world_of(cloud, folder, **changes)
        world.write(folder / "world.json")
        argv = [sys.executable, "-m", "harness.observing.validator", "--world", str(folder / "world.json")]
        self.process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def seen(self, kind: str) -> list[Entry]:
        """What it wrote so far."""
        return [entry for entry in read(self.folder / "evidence").of(kind) if entry.source == "validator"]

    def sees(self, kind: str, wanted: Callable[[Entry], bool]) -> Entry:
        """The newest line that is `wanted`, as soon as there is one."""
        found: list[Entry] = until(
            lambda: [entry for entry in self.seen(kind) if wanted(entry)], f"a {kind} of that kind", within_s=20
        )
        return found[-1]

    def end(self) -> int:
        """Close its stdin; the exit code."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        return self.process.wait(timeout=20)


Observe = Callable[..., Observer]


@pytest.fixture
def observe(tmp_path: Path) -> Iterator[Observe]:
    """Start a validator beside a cloud; it ends with the test."""
    with ExitStack() as handles:

        def start(cloud: CloudProcess, **changes: Any) -> Observer:
            folder = tmp_path / "run"
            folder.mkdir()
            found = Observer(cloud, folder, **changes)
            handles.callback(found.end)
            return found

        yield start


def test_it_says_its_pace_and_polls_all_agents(cloud: CloudProcess, observe: Observe) -> None:
    observer = observe(cloud)
    assert observer.ready == {"ready": "validator", "pace_s": 1.0}
    observer.sees("poll", lambda poll: poll["ok"] and poll["ms"] > 0)
    until(lambda: len({entry.agent for entry in observer.seen("agent.status")}) == 3, "all three agents", within_s=20)
    assert {entry.agent for entry in observer.seen("agent.status")} == {agent.id for agent in AGENTS[:3]}


def test_a_change_is_seen_and_written(cloud: CloudProcess, observe: Observe) -> None:
    observer = observe(cloud)
    body = {"presenceDefinition": {"id": ON_QUEUE}, "message": "here"}
    changed = cloud.service().patch(f"/api/v2/users/{AGENTS[1].id}/presences/PURECLOUD", json=body).json()
    entry = observer.sees("agent.status", lambda entry: entry.agent == AGENTS[1].id and entry["presence"] == "ON_QUEUE")
    assert (entry["routing"], entry["joined"], entry["message"]) == ("IDLE", True, "here")
    assert entry["modified"] == changed["modifiedDate"]


def test_what_does_not_change_is_written_now_and_then(cloud: CloudProcess, observe: Observe) -> None:
    observer = observe(cloud)
    until(lambda: len(observer.seen("poll")) >= 40, "forty polls", within_s=30)
    of_one = [entry for entry in observer.seen("agent.status") if entry.agent == AGENTS[0].id]
    assert 3 <= len(of_one) <= len(observer.seen("poll")) / 5


def test_it_finds_conversations_and_follows_them_to_their_end(
    start_cloud: StartCloud,
    observe: Observe,
) -> None:
    cloud = start_cloud(time_scale=0.5)
    observer = observe(cloud, time_scale=0.05)
    body = {"presenceDefinition": {"id": ON_QUEUE}}
    cloud.service().patch(f"/api/v2/users/{AGENTS[0].id}/presences/PURECLOUD", json=body)
    call = cloud.control("place_call")["conversationId"]
    rings = observer.sees("conversation.status", lambda entry: entry["state"] == "alerting")
    assert rings["conversation"] == call
    assert rings["agents"] == [{"id": AGENTS[0].id, "state": "alerting", "wrapup": None, "acw_deadline_ms": None}]
    cloud.control("end_call", conversation_id=call)
    over = observer.sees("conversation.status", lambda entry: entry["state"] == "disconnected")
    assert over["version"] > rings["version"]


def test_it_survives_a_revoked_token(cloud: CloudProcess, observe: Observe) -> None:
    observer = observe(cloud)
    observer.sees("poll", lambda poll: poll["ok"])
    cloud.control("revoke_tokens")
    seen = len(observer.seen("poll"))
    until(lambda: len(observer.seen("poll")) > seen + 5, "more polls", within_s=20)
    assert [poll for poll in observer.seen("poll")[-3:] if not poll["ok"]] == []


def test_it_stays_within_the_rate_limit_of_its_token(start_cloud: StartCloud, observe: Observe) -> None:
    cloud = start_cloud(rate_limits=True)
    observer = observe(cloud)
    # 3.5 s are more than one minute of a cloud that is 20 times faster.
    until(lambda: len(observer.seen("poll")) >= 70, "seventy polls", within_s=40)
    assert [poll.get("reason") for poll in observer.seen("poll") if not poll["ok"]] == []


def test_a_cloud_that_is_gone_is_a_failed_poll_and_no_end(cloud: CloudProcess, observe: Observe) -> None:
    observer = observe(cloud)
    observer.sees("poll", lambda poll: poll["ok"])
    cloud.end()
    failed = observer.sees("poll", lambda poll: not poll["ok"])
    assert "did not answer" in failed["reason"]
    assert observer.end() == 0
    assert observer.seen(CLOSED)


def test_it_ends_in_order_on_sigterm(cloud: CloudProcess, observe: Observe) -> None:
    observer = observe(cloud)
    observer.process.terminate()
    assert observer.process.wait(timeout=20) == 0
    assert read(observer.folder / "evidence").unclosed == ()


def test_a_world_file_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "harness.observing.validator", "--world", str(tmp_path / "none.json")]
    ended = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 2
    assert ended.stderr.strip().splitlines() == [
        f"world file {tmp_path / 'none.json'}: expected a file that can be read, found 'No such file or directory'"
    ]


@pytest.mark.parametrize(("scale", "pace"), [(1.0, 1.0), (0.1, 0.1), (0.02, 0.05)])
def test_the_pace_is_a_real_second_but_never_below_50_ms(scale: float, pace: float) -> None:
    assert pace_s(world_at("", "", time_scale=scale)) == pace


def test_a_large_org_is_polled_more_slowly_to_stay_within_its_rate_limit() -> None:
    agents = (Agent("a", "A", "token"),) * 1000
    assert pace_s(world_at("", "", agents=agents)) == (11 + 1 + 2) / 4
    assert pace_s(world_at("", "", agents=agents, kind="local")) == 1.0
