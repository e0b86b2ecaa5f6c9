"""Every part writes what the probes read: a whole healthy world loses its sockets once, and is found well."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actions.observe import observe
from actions.place_calls import place_calls
from actions.touch_presences import touch_presences
from actions.ws_reset import clear_ws_reset, inject_ws_reset
from harness.evidence import read
from harness.runtime import WORLD_KEY, evidence_of
from harness.settings import RunSettings
from harness.start import bring_up, new_run_folder
from probes.agents_not_reconnected import agents_not_reconnected
from probes.agents_not_recovered import agents_not_recovered
from probes.agents_touched import agents_touched
from probes.api_error_rate import api_error_rate
from probes.duplicate_writes import duplicate_writes
from probes.ghost_conversations import ghost_conversations
from probes.reconnection_latency import reconnection_latency
from probes.sessions_lost import sessions_lost
from probes.share_of_agents_back_on_queue import share_of_agents_back_on_queue
from probes.share_of_conversations_kept import share_of_conversations_kept
from probes.share_of_desktops_connected import share_of_desktops_connected
from probes.share_of_desktops_hearing import share_of_desktops_hearing
from probes.share_of_presence_endpoints_agreeing import share_of_presence_endpoints_agreeing
from probes.share_of_statuses_matching_banner import share_of_statuses_matching_banner
from probes.share_of_topics_subscribed import share_of_topics_subscribed
from probes.share_of_versions_current import share_of_versions_current
from probes.sockets_per_agent import sockets_per_agent
from probes.stale_writes import stale_writes
from probes.time_to_recover import time_to_recover
from probes.work_accepted_while_unstable import work_accepted_while_unstable
from probes.writes_executed_though_failed import writes_executed_though_failed

pytestmark = pytest.mark.world
AGENTS = 4


@pytest.fixture
def configuration(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A world that is up, as an experiment's configuration names it."""
    folder = new_run_folder(tmp_path, "healthy")
    evidence = evidence_of(folder / "evidence")
    ended: list[str] = []
    started = bring_up(RunSettings(agents=AGENTS, time_scale=0.1, runs=tmp_path), folder, evidence, ended.append)
    try:
        yield {WORLD_KEY: str(started.world_file), "evidence": str(folder / "evidence")}
    finally:
        problems = started.take_down()
        evidence.close()
    assert (problems, ended) == ([], [])


def test_a_healthy_floor_that_loses_its_sockets_is_found_well(configuration: dict[str, Any]) -> None:
    assert share_of_desktops_connected(within_s=120, configuration=configuration) == 1.0
    assert share_of_agents_back_on_queue(within_s=60, configuration=configuration) == 1.0
    calls = place_calls(count=2, configuration=configuration)["conversations"]
    observe(seconds=15, reason="calls are answered", configuration=configuration)

    inject_ws_reset(refuse_new=True, seconds=120, configuration=configuration)
    observe(seconds=10, reason="no socket can be had", configuration=configuration)
    clear_ws_reset(configuration=configuration)
    assert agents_not_recovered(within_s=200, configuration=configuration) == 0
    touch_presences(marker="all well?", configuration=configuration)
    assert share_of_desktops_hearing("all well?", within_s=30, configuration=configuration) == 1.0

    assert agents_touched("ws_reset", configuration=configuration) == AGENTS
    assert agents_not_reconnected(configuration=configuration) == 0
    assert 9 <= reconnection_latency("max", configuration=configuration) <= 200
    assert 0 <= time_to_recover("max", configuration=configuration) <= 200
    assert sockets_per_agent(configuration=configuration) == 1
    assert share_of_conversations_kept(configuration=configuration) == 1.0
    assert work_accepted_while_unstable(configuration=configuration) == 0
    for probe in (api_error_rate, duplicate_writes, ghost_conversations, sessions_lost, stale_writes):
        assert probe(configuration=configuration) == 0, probe.__name__
    assert writes_executed_though_failed(configuration=configuration) == 0
    for share in (
        share_of_presence_endpoints_agreeing,
        share_of_statuses_matching_banner,
        share_of_topics_subscribed,
        share_of_versions_current,
    ):
        assert share(within_s=30, configuration=configuration) == 1.0, share.__name__

    lines = read(Path(configuration["evidence"]))
    assert {entry["conversation"] for entry in lines.of("conversation.status")} >= set(calls)
    assert len({entry.agent for entry in lines.of("logged_in", source="crowd")}) == AGENTS
