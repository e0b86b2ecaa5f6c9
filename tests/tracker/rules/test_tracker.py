"""The rules for the tracker: exact in Prometheus' own tests, and true of a live tracker."""

import re
import time
from pathlib import Path

import httpx
import pytest

from harness.waiting import until
from tests.servers import alerts, prometheus, promtool, quickened
from tests.tracker.running import acd, running

RULES = Path(__file__).parents[3] / "tracker" / "rules" / "tracker.yml"
EXACT = """
rule_files: [RULES]
evaluation_interval: 5s
tests:
  - interval: 5s
    input_series:
      - {series: 'tracker_interactions{state="stuck"}', values: 0x4 2x4 0x9}
      - {series: 'tracker_interactions{state="open"}', values: 9x40}
      - {series: 'tracker_events_total{outcome="rejected"}', values: 0x4 1x80}
      - {series: 'tracker_events_total{outcome="accepted"}', values: 0+9x80}
      - {series: 'tracker_points_total{outcome="dropped"}', values: 0x4 5x80}
      - {series: 'tracker_points_total{outcome="refused"}', values: 0x20 5x80}
      - {series: 'tracker_deliveries_refused_total{status="403"}', values: 0x4 1x80}
      - {series: 'tracker_deliveries_refused_total{status="415"}', values: 0x90}
      - {series: tracker_deliveries_unkept_total, values: 0x4 1x80}
      - {series: 'tracker_points_total{outcome="written"}', values: 0+9x80}
      - {series: 'tracker_delivery_seconds_bucket{le="0.1"}', values: 0+98x60}
      - {series: 'tracker_delivery_seconds_bucket{le="0.5"}', values: 0+100x60}
      - {series: 'tracker_delivery_seconds_bucket{le="+Inf"}', values: 0+100x60}
      - {series: 'tracker_notices_oldest_seconds{sink="slack-1"}', values: 0x4 60x4 61x9}
      - {series: 'up{job="tracker",instance="one"}', values: 1x4 0x20}
    alert_rule_test:
      - {eval_time: 20s, alertname: InteractionsStuck}
      - eval_time: 25s
        alertname: InteractionsStuck
        exp_alerts:
          - exp_labels: {severity: page, state: stuck}
            exp_annotations: {summary: 2 conversations are in a queue for longer than its limit}
      - {eval_time: 50s, alertname: InteractionsStuck}
      - {eval_time: 20s, alertname: DeadLettersGrow}
      - eval_time: 30s
        alertname: DeadLettersGrow
        exp_alerts:
          - exp_labels: {severity: warning, outcome: rejected}
            exp_annotations: {summary: "deliveries cannot be used: see /api/v1/dead-letters of "}
      - {eval_time: 6m, alertname: DeadLettersGrow}
      - {eval_time: 20s, alertname: PointsDropped}
      - eval_time: 30s
        alertname: PointsDropped
        exp_alerts:
          - exp_labels: {severity: warning, outcome: dropped}
            exp_annotations: {summary: " loses points (dropped): see its time-series store, and its disk"}
      - eval_time: 6m
        alertname: PointsDropped
        exp_alerts:
          - exp_labels: {severity: warning, outcome: refused}
            exp_annotations: {summary: " loses points (refused): see its time-series store, and its disk"}
      - {eval_time: 20s, alertname: DeliveriesRefused}
      - eval_time: 30s
        alertname: DeliveriesRefused
        exp_alerts:
          - exp_labels: {severity: warning, status: "403"}
            exp_annotations:
              summary: " answers deliveries 403: is the token, or what is delivered, another one?"
      - {eval_time: 6m, alertname: DeliveriesRefused}
      - {eval_time: 20s, alertname: DeliveriesUnkept}
      - eval_time: 30s
        alertname: DeliveriesUnkept
        exp_alerts:
          - exp_labels: {severity: page}
            exp_annotations: {summary: " cannot keep deliveries: its disk is full, or its store is away"}
      - {eval_time: 2m, alertname: DeliveriesUnkept}
      - {eval_time: 60s, alertname: IngestSlow}
      - eval_time: 70s
        alertname: IngestSlow
        exp_alerts:
          - exp_labels: {severity: warning}
            exp_annotations:
              summary: one delivery in a hundred takes 300ms or longer (limit 250 ms for a minute)
      - {eval_time: 45s, alertname: NoticesWait}
      - eval_time: 50s
        alertname: NoticesWait
        exp_alerts:
          - exp_labels: {severity: page, sink: slack-1}
            exp_annotations: {summary: sink slack-1 has not got a notice of an alert for 1m 1s}
      - {eval_time: 50s, alertname: TrackerDown}
      - eval_time: 55s
        alertname: TrackerDown
        exp_alerts:
          - exp_labels: {severity: page, job: tracker, instance: one}
            exp_annotations: {summary: one takes no deliveries}
"""


@pytest.mark.world
def test_each_rule_fires_when_it_must_and_not_before(tmp_path: Path) -> None:
    done = promtool(tmp_path, EXACT.replace("RULES", str(RULES)))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.world
def test_a_live_tracker_fires_them_for_what_is_done_to_it(tmp_path: Path) -> None:
    rules = quickened(RULES.read_text(), 0.1).replace("> 60", "> 2")
    nobody = [{"kind": "generic", "url": "http://127.0.0.1:9/"}]
    with running(tmp_path / "tracker", queues={"default": {"max_dwell_s": 1}}, alerts=nobody) as tracker:
        assert metrics_of(rules) <= names_of(tracker.client.get("/metrics").text)
        with prometheus(tmp_path, rules, {"tracker": f"{tracker.url}/metrics"}) as url:
            until(lambda: alerts(url) == {} and _scraped(url), "the tracker to be scraped", 20)
            assert tracker.client.post("/eventbridge", json={"nonsense": True}).status_code == 400
            assert tracker.client.post("/eventbridge", content=b"{}").status_code == 415
            tracker.deliver(acd("c-1", "start", time.time_ns() // 1_000_000))
            wanted = ("InteractionsStuck", "DeadLettersGrow", "DeliveriesRefused", "NoticesWait")
            until(lambda: alerts(url) == dict.fromkeys(wanted, "firing"), "four rules to fire", 20)
            tracker.deliver(acd("c-1", "end", time.time_ns() // 1_000_000))
            until(lambda: "InteractionsStuck" not in alerts(url), "the stuck interaction to be gone", 20)
            assert tracker.process.stdin is not None
            tracker.process.stdin.close()
            until(lambda: alerts(url).get("TrackerDown") == "firing", "the tracker to be missed", 20)


def metrics_of(rules: str) -> set[str]:
    return set(re.findall(r"\btracker_\w+", " ".join(re.findall(r"expr: (.*)", rules))))


def names_of(shown: str) -> set[str]:
    return {line.partition("{")[0].partition(" ")[0] for line in shown.splitlines() if not line.startswith("#")}


def _scraped(url: str) -> bool:
    asked = {"query": 'tracker_events_total{outcome="rejected"} == 0'}
    return bool(httpx.get(f"{url}/api/v1/query", params=asked, trust_env=False).json()["data"]["result"])
