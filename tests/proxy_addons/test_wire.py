"""The process: how it starts, what it lets through, what it leaves behind."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from harness.evidence import read
from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire, Upstream, running_wire

pytestmark = pytest.mark.world

MESSAGES = 50_000


def test_the_ready_line_says_where_everything_is(wire: RunningWire) -> None:
    assert wire.ready["ready"] == "wire"
    assert wire.ready["proxy"].startswith("http://127.0.0.1:")
    assert Path(wire.ready["ca"]).read_text().startswith("-----BEGIN CERTIFICATE-----")


def test_it_listens_on_further_addresses_as_well(tmp_path: Path, plain_upstream: Upstream) -> None:
    with running_wire(tmp_path, [plain_upstream.host], listen=["127.0.0.2", "127.0.0.3"]) as wire:
        assert wire.ready["proxy"].startswith("http://127.0.0.1:")
        assert sorted(wire.ready["proxies"]) == ["127.0.0.2", "127.0.0.3"]
        for host, proxy in wire.ready["proxies"].items():
            assert proxy.startswith(f"http://{host}:")
            with httpx.Client(base_url=plain_upstream.url, proxy=proxy, trust_env=False) as client:
                assert client.get("/api/v2/things/3").status_code == 200


@pytest.mark.parametrize("by_signal", [False, True])
def test_it_ends_in_order_with_its_stdin_and_with_sigterm(
    tmp_path: Path, plain_upstream: Upstream, by_signal: bool
) -> None:
    with running_wire(tmp_path, [plain_upstream.host]) as wire:
        desktop = Desktop(wire, plain_upstream)
        desktop.open_socket()
        wire.arm("ws_stall")
        assert wire.process.stdin
        if by_signal:
            wire.process.send_signal(signal.SIGTERM)
        else:
            wire.process.stdin.close()
        assert wire.process.wait(10) == 0
        desktop.close()
        found = read(wire.evidence)
        assert (found.gaps, found.unclosed) == ((), ())
        assert [e["why"] for e in found.of("fault.disarmed")] == ["end"]
        assert len(found.of("ws.open")) == len(found.of("ws.close")) == 1


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"hosts": []}, "settings: expected all required keys, found 'no confdir, control_token, evidence'"),
        ({"evidence": "e", "control_token": "", "confdir": "c", "hosts": []}, "settings control_token: expected"),
        ({"evidence": "e", "control_token": "t", "confdir": "c", "hosts": [], "host": 1}, "found ['host']"),
    ],
)
def test_wrong_settings_are_one_line_and_exit_code_2(
    tmp_path: Path, settings: dict[str, object], complaint: str
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "proxy_addons", "--settings", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert complaint in ended.stderr


def test_hosts_that_are_not_named_are_refused(wire: RunningWire) -> None:
    with httpx.Client(proxy=wire.ready["proxy"], trust_env=False) as client:
        assert client.get("http://127.0.0.1:9/").status_code == 403
        with pytest.raises(httpx.ProxyError, match="403"):
            client.get("https://127.0.0.1:9/")


def test_a_cloud_that_is_down_leaves_evidence(wire: RunningWire) -> None:
    with httpx.Client(proxy=wire.ready["proxy"], trust_env=False) as client:
        assert client.get("http://127.0.0.1:1/api/v2/down").status_code == 502
    until(lambda: wire.records("api")[-1]["path"] == "/api/v2/down", "evidence of the call", 20)
    assert wire.records("api")[-1]["status"] == 0


def test_a_cloud_with_an_untrusted_certificate_is_not_talked_to(tmp_path: Path, tls_upstream: Upstream) -> None:
    with running_wire(tmp_path, [tls_upstream.host]) as wire:
        with httpx.Client(proxy=wire.ready["proxy"], verify=False, trust_env=False) as client:  # noqa: S501
            assert client.get(f"{tls_upstream.url}/api/v2/things/1").status_code == 502
        assert wire.records("api")[-1]["status"] == 0


def test_no_token_stands_in_the_evidence(wire: RunningWire, plain_desktop: Desktop) -> None:
    plain_desktop.get()
    token = plain_desktop.http.headers["authorization"].removeprefix("Bearer ")
    text = (wire.evidence / "wire.jsonl").read_text()
    assert plain_desktop.agent in text
    assert f'"{token}"' not in text
    assert f"refresh-{plain_desktop.agent}" not in text


def test_sabotaged_faults_are_armed_and_do_nothing(tmp_path: Path, plain_upstream: Upstream) -> None:
    with running_wire(tmp_path, [plain_upstream.host], sabotage=["api_errors", "ws_reset", "no_fault"]) as wire:
        desktop = Desktop(wire, plain_upstream)
        socket, _ = desktop.open_socket()
        leases = [wire.arm(fault, desktop.scope) for fault in ("api_errors", "ws_reset")]
        assert desktop.get().status_code == 200
        socket.send("ping")
        assert socket.recv(timeout=5) == "pong"
        assert [(armed.id, armed.touched) for armed in wire.control.state()] == [(lease, 0) for lease in leases]
        assert wire.records("fault.touched") == []
        assert len(wire.control.disarm()) == 2
        desktop.close()


def memory_kb(wire: RunningWire) -> int:
    status = Path(f"/proc/{wire.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


def test_memory_stays_flat_on_a_long_socket(tmp_path: Path, plain_upstream: Upstream) -> None:
    with running_wire(tmp_path, [plain_upstream.host]) as wire:
        desktop = Desktop(wire, plain_upstream)
        socket, channel = desktop.open_socket()
        text = "x" * 500

        def pass_through(messages: int) -> None:
            for _ in range(messages // 500):
                plain_upstream.say(channel, *[text] * 500)
                for _ in range(500):
                    socket.recv(timeout=10)

        pass_through(5_000)
        before = memory_kb(wire)
        pass_through(MESSAGES)
        assert memory_kb(wire) - before < 4_000, f"KiB more after {MESSAGES} messages of {len(text)} bytes"
        desktop.close()
