"""The official Python SDK against a real cloud process, over plain http and unmodified."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.cloud.conftest import (
    AGENTS,
    CLIENT_ID,
    CLIENT_SECRET,
    CONTROL_TOKEN,
    DESKTOP_CLIENT_ID,
    QUEUE_ID,
    CloudProcess,
    StartCloud,
    cloud_settings,
)

pytestmark = pytest.mark.world

ME = AGENTS[0].id
STEPS = ("tokens", "pkce", "channel", "presence", "queue", "conversation", "paging", "refusal", "refresh")


def played(cloud: CloudProcess, home: Path, steps: tuple[str, ...], calls: int = 0) -> dict[str, Any]:
    """What the SDK got from `cloud` in these steps."""
    given = {
        "api": cloud.api,
        "user_id": ME,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "desktop_client_id": DESKTOP_CLIENT_ID,
        "queue_id": QUEUE_ID,
        "control_token": CONTROL_TOKEN,
        "steps": steps,
        "calls": calls,
    }
    found = subprocess.run(
        [sys.executable, "-m", "tests.simulator.cloud.official_sdk"],
        cwd=Path(__file__).parents[3],
        env={"HOME": str(home)},
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert found.returncode == 0, found.stderr
    return dict(json.loads(found.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def got(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What the SDK got in every step of one session."""
    folder = tmp_path_factory.mktemp("sdk")
    (folder / "home").mkdir()
    with ExitStack() as handles:
        cloud = CloudProcess(folder, cloud_settings(folder), handles)
        yield played(cloud, folder / "home", STEPS)


def test_it_logs_in_with_client_credentials_and_with_a_code(got: dict[str, Any]) -> None:
    assert got["tokens"] == {"service": CLIENT_ID, "me": [ME, "Agent 1", "OFF_QUEUE"], "scopes": 16}


def test_it_logs_in_with_a_code_challenge(got: dict[str, Any]) -> None:
    assert got["pkce"] == ME


def test_it_makes_a_channel_and_subscribes(got: dict[str, Any]) -> None:
    topics = [f"v2.users.{ME}?presence&routingStatus", f"v2.users.{ME}.conversations"]
    assert got["channel"] == {
        "uri": True,
        "put": ["Permitted"],
        "topics": topics,
        "channels": True,
        "available": True,
    }


def test_it_reads_and_changes_the_presence(got: dict[str, Any]) -> None:
    on_queue = "e08eaf1b-ee47-4fa9-a231-1200e284798f"
    found = got["presence"]
    assert (found["source"], found["changed"], found["after"][0]) == ("PURECLOUD", on_queue, on_queue)
    assert found["after"][1] in ("On Queue", "OnQueue", "ON_QUEUE")
    assert found["dated"]


def test_it_joins_the_queue_and_reads_the_routing_status(got: dict[str, Any]) -> None:
    assert got["queue"] == {"idle": True, "joined": True, "member": [ME, "IDLE"], "put": "IDLE"}


def test_it_follows_a_call_to_its_wrap_up(got: dict[str, Any]) -> None:
    assert got["conversation"] == {
        "listed": True,
        "purposes": ["acd", "agent", "customer"],
        "wrapup": [True, "noted"],
        "attributes": "v",
    }


def test_it_pages(got: dict[str, Any]) -> None:
    assert got["paging"] == {"sizes": [3, 1], "total": 4, "counts": [2, 2], "distinct": 4}


def test_it_understands_an_error_body(got: dict[str, Any]) -> None:
    assert got["refusal"] == {"status": 404, "context": True, "same": True}


def test_it_refreshes_on_a_401_and_repeats_the_call(got: dict[str, Any]) -> None:
    assert got["refresh"] == {"me": ME, "new_token": True}


def test_it_waits_as_long_as_a_429_says_and_repeats_the_call(start_cloud: StartCloud, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    cloud = start_cloud(rate_limits=True, switches={"app_user_rate_per_minute": 4}, time_scale=0.02)
    assert played(cloud, tmp_path / "home", ("throttled",), calls=10)["throttled"] == 10
    statuses = [e["status"] for e in cloud.evidence().of("cloud.request") if e["path"] == "/api/v2/tokens/me"]
    assert statuses.count(200) == 10
    assert statuses.count(429) >= 1
