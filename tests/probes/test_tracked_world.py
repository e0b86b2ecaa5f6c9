"""Every question to a tracker, asked in a healthy world with ours: calls that wait and are answered, and a burst."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from actions.end_calls import end_calls
from actions.events_burst import clear_events_burst, inject_events_burst
from actions.events_malformed import clear_events_malformed, inject_events_malformed
from actions.place_calls import place_calls
from actions.watch_interactions import watch_interactions
from harness import runtime
from harness.evidence import Evidence, read
from harness.runtime import run_of
from harness.settings import RunSettings, TrackerSettings
from harness.start import bring_up
from harness.waiting import until
from probes.acknowledged_events_lost import acknowledged_events_lost
from probes.alert_detection_latency import alert_detection_latency
from probes.alerts_false import alerts_false
from probes.alerts_missing import alerts_missing
from probes.alerts_not_resolved import alerts_not_resolved
from probes.burst_events_refused import burst_events_refused
from probes.deliveries_per_event import deliveries_per_event
from probes.history_findings import history_findings
from probes.ingest_p99_ms import ingest_p99_ms
from probes.interactions_remembered import interactions_remembered
from probes.malformed_redeliveries import malformed_redeliveries
from probes.notices_per_alert import notices_per_alert
from probes.share_of_conditions_true import share_of_conditions_true
from probes.share_of_diagnostics_enriched import share_of_diagnostics_enriched
from probes.share_of_interactions_true import share_of_interactions_true
from probes.share_of_points_stored import share_of_points_stored
from probes.torn_reads import torn_reads
from probes.tracker_memory_growth_mb import tracker_memory_growth_mb

pytestmark = pytest.mark.world

Configuration = Mapping[str, str]


@pytest.fixture(scope="module")
def tracked() -> Iterator[Configuration]:
    """A world with two agents and a tracker; a stay of 20 s is too long."""
    settings = RunSettings(agents=2, tracker=TrackerSettings(max_dwell_s=20, retention_s=30))
    with tempfile.TemporaryDirectory(prefix="tracked-") as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESKSTORM_STATE", f"{name}/state")
        folder = Path(name) / f"tracked-{os.getpid()}"
        evidence = runtime.evidence_of(folder / "evidence")
        started = bring_up(settings, folder, evidence, lambda reason: None)
        try:
            yield {runtime.WORLD_KEY: str(started.world_file)}
        finally:
            started.take_down()
            evidence.close()


def evidence(tracked: Configuration) -> Evidence:
    return read(run_of(tracked).world.evidence)


def test_a_healthy_tracker_answers_every_question_as_it_should(tracked: Configuration) -> None:
    assert tracker_memory_growth_mb(configuration=tracked) == 0
    place_calls(2, configuration=tracked)
    place_calls(2, queue=1, configuration=tracked)
    watch_interactions(50, seconds=100, configuration=tracked)
    inject_events_burst(15, events_per_s=20, open_percent=0, configuration=tracked)
    inject_events_malformed(50, configuration=tracked)
    until(lambda: evidence(tracked).last("burst.ended"), "the burst to end", 20)
    clear_events_malformed(tracked)
    clear_events_burst(tracked)
    assert share_of_interactions_true(at_least=4, within_s=50, configuration=tracked) == 1.0
    assert acknowledged_events_lost(within_s=20, configuration=tracked) == 0
    assert history_findings(configuration=tracked) == []
    assert torn_reads(configuration=tracked) == 0
    assert share_of_points_stored(within_s=50, configuration=tracked) == 1.0
    assert share_of_diagnostics_enriched(within_s=50, configuration=tracked) == 1.0
    assert deliveries_per_event(configuration=tracked) == 1.0
    assert burst_events_refused(configuration=tracked) == 0
    assert malformed_redeliveries(configuration=tracked) == 0
    assert 0 < ingest_p99_ms(configuration=tracked) < 60_000
    assert tracker_memory_growth_mb(configuration=tracked) < 50


def test_calls_that_wait_too_long_are_alerted_and_others_are_not(tracked: Configuration) -> None:
    assert alerts_missing("stuck", within_s=60, configuration=tracked) == 0
    assert alerts_false(configuration=tracked) == []
    assert share_of_conditions_true(at_least=4, within_s=50, configuration=tracked) == 1.0
    assert alert_detection_latency("max", configuration=tracked) < 100
    assert notices_per_alert(configuration=tracked) == 1
    end_calls(configuration=tracked)
    assert alerts_not_resolved(grace_s=5, within_s=60, configuration=tracked) == 0


def test_what_is_over_is_forgotten_in_the_end(tracked: Configuration) -> None:
    assert interactions_remembered(within_s=100, configuration=tracked) == 0
