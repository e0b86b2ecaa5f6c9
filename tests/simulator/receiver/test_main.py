"""A receiver takes points and alerts, shows what arrived, and writes down what matters."""

import base64
import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS

from harness.evidence import Evidence, read
from tests.idle import answers_after_a_rest

pytestmark = pytest.mark.world

TOKEN = "token-of-the-receiver"
OURS = {"Authorization": f"Bearer {TOKEN}"}


class Receiver:
    """One running receiver and a client of it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder = folder / "evidence"
        path = folder / "receiver.json"
        path.write_text(json.dumps({"evidence": str(self.folder), "token": TOKEN, **changes}))
        argv = [sys.executable, "-m", "simulator.receiver", "--settings", str(path)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = str(json.loads(self.process.stdout.readline())["url"])
        self.http = httpx.Client(base_url=self.url, trust_env=False)

    def end(self) -> int:
        """End it by closing its stdin; the exit code."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.http.close()
        self.process.stdin.close()
        code = self.process.wait(timeout=10)
        self.process.stdout.close()
        return code

    def evidence(self) -> Evidence:
        return read(self.folder)


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    """A receiver that keeps few points."""
    found = Receiver(tmp_path, most_points=3)
    yield found
    found.end()


def test_the_official_client_writes_and_the_points_can_be_read(receiver: Receiver) -> None:
    point = 'interaction_state,queue_id=q conversation_id="c-1" 9'
    with InfluxDBClient(url=receiver.url, token=TOKEN, org="o", enable_gzip=True) as client:
        with client.write_api(write_options=SYNCHRONOUS) as api:
            api.write("bucket", "o", point)
        assert client.ping()
    shown = receiver.http.get("/points", params={"conversation": "c-1"}, headers=OURS).json()
    assert shown["written"] == 1
    assert [point["tags"] for point in shown["points"]] == [{"queue_id": "q"}]
    assert receiver.http.get("/points", params={"conversation": "c-2"}, headers=OURS).json()["points"] == []
    assert receiver.evidence().of("points.received")[0]["count"] == 1


def test_only_the_newest_points_are_kept(receiver: Receiver) -> None:
    lines = "\n".join(f"m n={number}" for number in range(5))
    assert receiver.http.post("/api/v2/write", content=lines, headers=OURS).status_code == 204
    shown = receiver.http.get("/points", headers=OURS).json()
    assert ([point["fields"]["n"] for point in shown["points"]], shown["written"]) == ([2, 3, 4], 5)


def test_a_write_that_is_wrong_is_refused_as_a_store_refuses_it(receiver: Receiver) -> None:
    assert receiver.http.post("/api/v2/write", content="m f=1").status_code == 401
    for content, headers in ((b"m f", OURS), (b"\xff", OURS), (b"no", OURS | {"Content-Encoding": "gzip"})):
        answer = receiver.http.post("/api/v2/write", content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    bomb = gzip.compress(bytes(17 * 1024 * 1024))
    answer = receiver.http.post("/api/v2/write", content=bomb, headers=OURS | {"Content-Encoding": "gzip"})
    assert answer.status_code == 413
    assert not receiver.evidence().of("points.received")


@pytest.mark.parametrize(("kind", "status"), [("generic", 200), ("slack", 200), ("pagerduty", 202)])
def test_an_alert_is_answered_as_its_kind_is_and_written_down(receiver: Receiver, kind: str, status: int) -> None:
    body = {"text": "stuck", "event_action": "trigger", "alert": "stuck", "conversation": "c-1"}
    assert receiver.http.post(f"/alerts/{kind}", json=body).status_code == status
    found = receiver.evidence().of("alert.received")[0]
    assert (found["sink"], found["alert"], found["state"]) == (kind, "stuck", "firing")


def test_alertmanagers_own_path_is_understood(receiver: Receiver) -> None:
    alert = {"labels": {"alertname": "InteractionBouncing", "conversation": "c-1"}}
    assert receiver.http.post("/alertmanager/api/v2/alerts", json=[alert]).status_code == 200
    assert receiver.evidence().of("alert.received")[0].fields == {
        "sink": "alertmanager",
        "alert": "bouncing",
        "state": "firing",
        "conversation": "c-1",
        "queue": None,
        "key": None,
    }


def test_what_is_no_alert_is_refused_and_written_down(receiver: Receiver) -> None:
    assert receiver.http.post("/alerts/generic", content=b"{").status_code == 400
    assert receiver.evidence().of("alert.malformed")[0]["sink"] == "generic"
    assert receiver.http.post("/alerts/pigeon", json={}).status_code == 404


def test_a_canary_sees_what_arrived_for_it_and_nothing_else(receiver: Receiver) -> None:
    assert receiver.http.put("/canary/7/api/v2/write", content=b"m f=1").status_code == 204
    assert receiver.http.post("/canary/7/eventbridge", content=bytes(70_000)).json() == {"accepted": 1}
    receiver.http.post("/canary/8/alerts/generic", json={})
    shown = receiver.http.get("/canary/7", headers=OURS).json()["arrivals"]
    assert [(one["method"], one["path"], one["length"]) for one in shown] == [
        ("PUT", "/api/v2/write", 5),
        ("POST", "/eventbridge", 70_000),
    ]
    assert [len(base64.b64decode(one["body"])) for one in shown] == [5, 65_536]
    assert shown[0]["t"] < shown[1]["t"]
    assert receiver.http.get("/canary/7").status_code == 401


def test_its_evidence_is_whole_when_it_ends(tmp_path: Path) -> None:
    found = Receiver(tmp_path)
    assert found.http.get("/health").json()["status"] == "pass"
    assert found.end() == 0
    assert (found.evidence().gaps, found.evidence().unclosed) == ((), ())


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"token": "x"}, "evidence and token"),
        ({"evidence": "e", "token": "x", "colour": 1}, "evidence and token"),
        ({"evidence": "e", "token": 5}, "settings token: expected str, found 5"),
        ({"evidence": "e", "token": "x", "port": "1"}, "settings port: expected int"),
    ],
)
def test_wrong_settings_are_named_on_one_line(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(given))
    argv = [sys.executable, "-m", "simulator.receiver", "--settings", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert words in done.stderr


def test_who_comes_again_after_a_rest_meets_no_reset(receiver: Receiver) -> None:
    assert answers_after_a_rest(f"{receiver.url}/points")
