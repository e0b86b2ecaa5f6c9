"""The rules for desktops: exact in Prometheus' own tests, and true of a live world."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from harness.waiting import until
from tests.harness.test_cli import Here, World
from tests.harness.test_cli import here as here
from tests.harness.test_cli import world as world
from tests.servers import active, alertmanager, alerts, prometheus, promtool, quickened

RULES = Path(__file__).parents[3] / "harness" / "rules" / "desktops.yml"
SCALE = 0.1
# Each series is one value a second; alerts are those that fire at that second.
EXACT = """
rule_files: [RULES]
evaluation_interval: 1s
tests:
  - interval: 1s
    input_series:
      - series: deskstorm_websocket_error_ratio
        values: 0x4 0.06x9 0.05x20 0.06x20
      - series: deskstorm_api_p99_seconds
        values: 0x4 2.001x29 2x4 3x40
    alert_rule_test:
      - {eval_time: 14s, alertname: WebSocketErrorRate}
      - {eval_time: 45s, alertname: WebSocketErrorRate}
      - eval_time: 46s
        alertname: WebSocketErrorRate
        exp_alerts:
          - exp_labels: {severity: page}
            exp_annotations: {summary: "6% of the desktops' WebSockets fail (limit 5 % for 10 s)"}
      - {eval_time: 35s, alertname: ApiLatencyP99}
      - {eval_time: 69s, alertname: ApiLatencyP99}
      - eval_time: 70s
        alertname: ApiLatencyP99
        exp_alerts:
          - exp_labels: {severity: page}
            exp_annotations: {summary: "the API's 99th percentile is 3s (limit 2,000 ms for 30 s)"}
"""


@pytest.mark.world
def test_the_conditions_hold_for_exactly_as_long_as_they_must(tmp_path: Path) -> None:
    done = promtool(tmp_path, EXACT.replace("RULES", str(RULES)))
    assert done.returncode == 0, done.stdout + done.stderr


@contextmanager
def callers(shown: dict[str, str]) -> Iterator[None]:
    """Somebody who asks the API through the wire all the time, as a floor of desktops does."""
    over = threading.Event()

    def call() -> None:
        with httpx.Client(proxy=shown["proxy"], trust_env=False, timeout=5) as client:
            while not over.wait(0.05):
                client.get(f"{shown['api']}/api/v2/users/me")

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.world
def test_a_live_world_fires_them_while_it_is_broken_and_not_before_or_after(
    tmp_path: Path, here: Here, world: World
) -> None:
    shown = world.shown
    until(lambda: all(row["connected"] for row in httpx.get(shown["desktops"]).json()), "the desktops to connect", 30)
    rules = quickened(RULES.read_text(), SCALE)
    targets = {"deskstorm": shown["metrics"]}
    with callers(shown), alertmanager(tmp_path) as manager, prometheus(tmp_path, rules, targets, manager) as url:
        until(lambda: _seen(url, "deskstorm_api_p99_seconds"), "the wire's numbers to be scraped", 20)
        assert alerts(url) == {}
        assert here.deskstorm("arm", "ws_reset", "refuse_new=true", "seconds=600").returncode == 0
        assert here.deskstorm("arm", "api_latency", "delay_ms=3000", "seconds=600").returncode == 0
        both = {"WebSocketErrorRate": "firing", "ApiLatencyP99": "firing"}
        until(lambda: alerts(url) == both, "both conditions to fire", 30)
        until(lambda: _told(manager) == set(both), "the Alertmanager to have both", 20)
        assert here.deskstorm("disarm").returncode == 0
        until(lambda: alerts(url) == {}, "both conditions to end", 30)
        until(lambda: _told(manager) == set(), "the Alertmanager to know of the end", 20)
    assert world.end() == 0


def _told(manager: str) -> set[str]:
    return {alert["labels"]["alertname"] for alert in active(manager)}


def _seen(url: str, name: str) -> bool:
    found = httpx.get(f"{url}/api/v1/query", params={"query": name}, trust_env=False).json()
    return bool(found["data"]["result"])
