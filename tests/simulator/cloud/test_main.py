"""A cloud as a process: its ready line, its end, and its refusals."""

import json
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.simulator.cloud.conftest import CloudProcess, StartCloud, cloud_settings

pytestmark = pytest.mark.world


def refusal(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    """What a cloud says that cannot start with the settings `text`."""
    path = folder / "settings.json"
    path.write_text(text)
    argv = [sys.executable, "-m", "simulator.cloud", "--settings", str(path)]
    root = Path(__file__).parents[3]
    return subprocess.run(argv, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)


def test_the_ready_line_names_every_address(cloud: CloudProcess) -> None:
    assert cloud.ready == {
        "ready": "cloud",
        "api": cloud.api,
        "login": cloud.api,
        "control": f"{cloud.api}/_control",
        "ca": None,
    }


def test_it_ends_cleanly_when_its_stdin_ends_and_its_evidence_is_whole(cloud: CloudProcess) -> None:
    cloud.agent()
    assert cloud.end() == 0
    assert cloud.evidence().unclosed == ()
    assert cloud.evidence().gaps == ()


def test_it_ends_cleanly_on_sigterm_and_its_evidence_is_whole(cloud: CloudProcess) -> None:
    cloud.process.send_signal(signal.SIGTERM)
    assert cloud.process.wait(timeout=10) == 0
    assert cloud.evidence().unclosed == ()


def test_sigterm_with_an_open_socket_closes_it_and_leaves_whole_evidence(cloud: CloudProcess) -> None:
    uri = cloud.agent().post("/api/v2/notifications/channels").json()["connectUri"]
    with connect(uri, proxy=None) as websocket:
        cloud.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as found:
            websocket.recv(timeout=5)
        assert found.value.rcvd is not None
        assert found.value.rcvd.code == 1012
    assert cloud.process.wait(timeout=10) == 0
    assert cloud.evidence().unclosed == ()
    assert cloud.evidence().last("cloud.socket.closed", code=1012) is not None


def test_over_tls_its_certificate_can_be_verified(start_cloud: StartCloud) -> None:
    cloud = start_cloud(tls=True)
    assert cloud.api.startswith("https://127.0.0.1:")
    context = ssl.create_default_context(cafile=cloud.ready["ca"])
    with httpx.Client(verify=context, trust_env=False) as client:
        assert client.get(f"{cloud.api}/api/v2/tokens/me").status_code == 401


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, "cloud settings: expected keys of"),
        ({"evidence": "/dev/null"}, "folder: expected one that can be written to, found '/dev/null: File exists'"),
    ],
)
def test_wrong_settings_are_refused_in_one_line(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    found = refusal(tmp_path, json.dumps(cloud_settings(tmp_path, **changes)))
    assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
    assert words in found.stderr


def test_settings_that_are_no_json_are_refused_in_one_line(tmp_path: Path) -> None:
    found = refusal(tmp_path, "{")
    assert (found.returncode, found.stderr.count("\n")) == (2, 1)
    assert "expected JSON" in found.stderr


def test_a_port_in_use_is_refused_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = refusal(tmp_path, json.dumps(cloud_settings(tmp_path, port=taken.getsockname()[1])))
    assert (found.returncode, found.stderr.count("\n")) == (2, 1)
    assert "port: expected a free port" in found.stderr
