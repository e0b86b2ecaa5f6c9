"""Debian's own servers for tests: Prometheus, Alertmanager and VictoriaMetrics, on loopback, ended by their handles."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from harness.waiting import until
from tests.debian import need

UP_WITHIN_S = 20.0


@contextmanager
def serving(argv: list[str], url: str, ready: str, log: Path) -> Iterator[None]:
    """Run `argv` until the block ends; it begins when `url` + `ready` is answered 200. What it says goes to `log`."""
    with log.open("w") as said:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
    try:
        until(lambda: process.poll() is not None or _is_up(url + ready), f"{argv[0]} to be up", UP_WITHIN_S)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()


@contextmanager
def victoria_metrics(folder: Path) -> Iterator[str]:
    """A time-series store that takes InfluxDB's v2 writes; its base address."""
    need("victoria-metrics")
    address = f"127.0.0.1:{free_port()}"
    argv = ["victoria-metrics", f"-httpListenAddr={address}", f"-storageDataPath={folder / 'vm'}"]
    with serving(argv, f"http://{address}", "/health", folder / "vm.log"):
        yield f"http://{address}"


@contextmanager
def alertmanager(folder: Path) -> Iterator[str]:
    """An Alertmanager that tells nobody; its base address."""
    need("prometheus-alertmanager")
    address = f"127.0.0.1:{free_port()}"
    config = folder / "alertmanager.yml"
    config.write_text("route:\n  receiver: nobody\nreceivers:\n  - name: nobody\n")
    argv = ["prometheus-alertmanager", f"--config.file={config}", f"--storage.path={folder / 'am'}"]
    argv += [f"--web.listen-address={address}", "--cluster.listen-address="]
    with serving(argv, f"http://{address}", "/-/ready", folder / "am.log"):
        yield f"http://{address}"


@contextmanager
def prometheus(folder: Path, rules: str, targets: dict[str, str], tells: str | None = None) -> Iterator[str]:
    """A Prometheus that scrapes `targets` (addresses of metrics, by job) all the time, and `tells` the Alertmanager at
    that base address; its own base address."""
    need("prometheus")
    address = f"127.0.0.1:{free_port()}"
    (folder / "rules.yml").write_text(rules)
    jobs = [_job(job, url) for job, url in targets.items()]
    pace = {"scrape_interval": "400ms", "scrape_timeout": "400ms", "evaluation_interval": "200ms"}
    told = [{"static_configs": [{"targets": [tells.removeprefix("http://")]}]}] if tells else []
    config = {
        "global": pace,
        "rule_files": [str(folder / "rules.yml")],
        "scrape_configs": jobs,
        "alerting": {"alertmanagers": told},
    }
    (folder / "prometheus.yml").write_text(json.dumps(config))  # which is YAML as well
    argv = ["prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'prom'}"]
    argv += [f"--web.listen-address={address}", "--log.level=warn"]
    with serving(argv, f"http://{address}", "/-/ready", folder / "prom.log"):
        yield f"http://{address}"


def promtool(folder: Path, cases: str) -> "subprocess.CompletedProcess[str]":
    """What comes of `promtool test rules` with these cases."""
    need("prometheus")
    (folder / "test.yml").write_text(cases)
    argv = ["promtool", "test", "rules", "test.yml"]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True)


def alerts(url: str) -> dict[str, str]:
    """The alerts of the Prometheus at `url`: pending or firing, by name."""
    found = httpx.get(f"{url}/api/v1/alerts", trust_env=False).json()["data"]["alerts"]
    return {alert["labels"]["alertname"]: alert["state"] for alert in found}


def active(url: str) -> list[dict[str, Any]]:
    """The active alerts of the Alertmanager at `url`."""
    asked = {"active": "true"}
    found: list[dict[str, Any]] = httpx.get(f"{url}/api/v2/alerts", params=asked, trust_env=False).json()
    return found


def quickened(rules: str, factor: float) -> str:
    """`rules` whose times are `factor` times as long, in whole milliseconds: for a world that runs faster."""

    def shorter(found: "re.Match[str]") -> str:
        seconds = float(found["number"]) * (60 if found["unit"] == "m" else 1)
        return f"{found['before']}{round(seconds * factor * 1000)}ms"

    return re.sub(r"(?P<before>(?:for|interval): |\[)(?P<number>\d+)(?P<unit>[sm])", shorter, rules)


def free_port() -> int:
    """A port that was free a moment ago; these servers cannot say which one they took."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


def _job(job: str, url: str) -> dict[str, Any]:
    parts = httpx.URL(url)
    return {
        "job_name": job,
        "metrics_path": parts.path,
        "static_configs": [{"targets": [f"{parts.host}:{parts.port}"]}],
    }


def _is_up(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=1).status_code == 200
    except httpx.HTTPError:
        return False
