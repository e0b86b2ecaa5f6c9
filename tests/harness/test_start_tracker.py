"""A tracker stands between cloud, wire and receiver, be it ours or one that somebody else wrote."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from harness.errors import BadInput, CannotTell
from harness.evidence import read
from harness.observing.tracker import TrackerClient, TrackerView
from harness.observing.truth import Truth, truths
from harness.settings import RunSettings, TrackerSettings
from harness.start import in_its_world
from harness.start_tracker import sink
from harness.waiting import until
from harness.world import Dialect, World
from tests.actions.conftest import Live, live_world

pytestmark = pytest.mark.world

STAGE = Path(__file__).parent / "stage"
LIMITS = TrackerSettings(max_dwell_s=3, max_bounces=1, alert_repeat_s=600, queues=2, sinks=("generic", "slack"))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="module")
def ours() -> Iterator[Live]:
    """A world with the tracker of this project."""
    yield from live_world(RunSettings(agents=2, tracker=LIMITS))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A local world around a tracker of the simplified dialect, started for the run."""
    world_file = tmp_path_factory.mktemp("foreign") / "world.json"
    command = [sys.executable, str(STAGE / "simple_tracker.py")]
    named = {"url": f"http://127.0.0.1:{free_port()}", "dialect": "seed", "command": command, "heeds_limits": True}
    world_file.write_text(json.dumps({"tracker": named}))
    yield from live_world(RunSettings(agents=2, world_file=world_file, tracker=LIMITS))


def bounced_call(live: Live) -> str:
    """A call that has waited in a queue without agents, gone back there twice, and was ended; its id."""
    conversation = str(live.do("place_calls", queue=1)["conversations"][0])
    found = live.do("transfer_calls", queue=1, times=2, spacing_s=1, conversations=conversation)
    assert found == {"conversations": [conversation], "transfers": 2}
    live.do("end_calls", conversations=conversation)
    return conversation


def told(live: Live, conversation: str, exits: int) -> TrackerView:
    """What the tracker says when it knows of so many exits."""
    found: list[TrackerView] = []

    def knows() -> bool:
        with TrackerClient(live.world) as tracker:
            found[:] = [view for view in [tracker.view(conversation)] if view is not None]
        return bool(found) and sum(one.type == "exit" for one in found[0].told("transitions")) == exits

    until(knows, "the tracker to know", 20)
    return found[0]


def truth_of(live: Live, conversation: str) -> Truth:
    return truths(read(live.world.evidence))[conversation]


@pytest.mark.parametrize("fixture", ["ours", "foreign"])
def test_the_tracker_hears_through_the_wire_what_really_happened(request: pytest.FixtureRequest, fixture: str) -> None:
    live: Live = request.getfixturevalue(fixture)
    conversation = bounced_call(live)
    view, truth = told(live, conversation, 3), truth_of(live, conversation)
    assert [stay.queue for stay in truth.stays] == [live.world.queues[0]] * 3
    assert [stay.outcome for stay in truth.stays] == ["FLOW_OUT", "FLOW_OUT", "ABANDON"]
    assert (view.bounces, view.queue, truth.bounces, truth.queue, truth.open) == (2, None, 2, None, False)
    assert [(visit.entered_ms, visit.left_ms, visit.dwell_ms) for visit in view.told("visits")] == [
        (stay.entered_ms, stay.left_ms, stay.dwell_ms) for stay in truth.stays
    ]
    calls = [entry for entry in read(live.world.evidence).of("api", source="wire") if entry["path"] == "/eventbridge"]
    assert {entry["status"] for entry in calls} == {200}


def test_points_and_alerts_of_ours_reach_the_receiver_through_the_wire(ours: Live) -> None:
    conversation = bounced_call(ours)
    assert ours.world.receiver is not None
    headers = {"Authorization": f"Token {ours.world.receiver.token}"}

    def points() -> int:
        url = f"{ours.world.receiver.url}/points" if ours.world.receiver else ""
        found = httpx.get(url, params={"conversation": conversation}, headers=headers, trust_env=False).json()
        return len(found["points"])

    def alerted() -> bool:
        found = [entry for entry in read(ours.world.evidence).of("alert.received", source="receiver")]
        mine = {(entry["sink"], entry["alert"]) for entry in found if entry["conversation"] == conversation}
        return mine >= {("generic", "bouncing"), ("slack", "bouncing")}

    until(lambda: points() >= 3, "a point for each stay", 20)
    until(alerted, "the alert at both webhooks", 20)
    paths = {entry["path"] for entry in read(ours.world.evidence).of("api", source="wire")}
    assert paths >= {"/api/v2/write", "/alerts/generic", "/alerts/slack"}


def test_ours_enriches_from_the_cloud_as_the_tracker(ours: Live) -> None:
    conversation = bounced_call(ours)
    until(lambda: told(ours, conversation, 3).told("open") is False, "the end to be known", 20)
    until(lambda: told(ours, conversation, 3).enriched, "the cloud to be asked", 20)
    assert told(ours, conversation, 3).participants
    asked = [entry for entry in read(ours.world.evidence).of("api", source="wire") if entry.agent == "tracker"]
    assert f"/api/v2/conversations/{conversation}" in {entry["path"] for entry in asked}


def test_faults_on_the_api_can_be_aimed_at_the_tracker_alone(ours: Live) -> None:
    conversation = bounced_call(ours)
    with ours.fault("api_errors", agents="tracker", path="/api/v2/conversations/*", statuses="503") as found:
        assert found["agents"] == []
        with TrackerClient(ours.world) as tracker:
            view = tracker.view(conversation)
    assert view is not None
    assert view.enriched is False


def test_a_world_is_written_and_read_with_its_tracker(ours: Live, foreign: Live) -> None:
    for live, dialect in ((ours, Dialect.GENESYS), (foreign, Dialect.SEED)):
        world = World.read(live.started.world_file)
        assert world == live.world
        assert world.tracker is not None
        assert (world.tracker.dialect, world.tracker.ours) == (dialect, live is ours)
        assert (world.tracker.max_dwell_s, world.tracker.max_bounces, world.tracker.kept) == (3, 1, True)
        assert len(world.queues) == 2
        up = read(live.world.evidence).last("world.up")
        assert up is None or "receiver" in up["sources"]


def test_a_foreign_tracker_alerts_where_it_was_told_to(foreign: Live) -> None:
    conversation = str(foreign.do("place_calls", queue=2)["conversations"][0])
    foreign.do("observe", seconds=5, reason="longer than the limit")
    foreign.do("end_calls", conversations=conversation)

    def alerted() -> bool:
        found = read(foreign.world.evidence).of("alert.received", source="receiver")
        return any((entry["alert"], entry["conversation"]) == ("stuck", conversation) for entry in found)

    until(alerted, "its alert", 20)


def test_what_a_foreign_tracker_sends_can_be_broken_on_the_wire(foreign: Live) -> None:
    with foreign.fault("alert_sink_down"):
        conversation = str(foreign.do("place_calls", queue=2)["conversations"][0])
        foreign.do("observe", seconds=5, reason="longer than the limit")
        foreign.do("end_calls", conversations=conversation)

        def touched() -> bool:
            calls = [entry for entry in read(foreign.world.evidence).of("api") if entry["path"] == "/alerts/generic"]
            return any(entry["touched"] for entry in calls)

        until(touched, "the fault to touch its alert", 20)
        found = read(foreign.world.evidence).of("alert.received", source="receiver")
        assert conversation not in {entry["conversation"] for entry in found}


def test_what_a_simple_tracker_has_no_answer_to_it_cannot_tell(foreign: Live) -> None:
    view = told(foreign, bounced_call(foreign), 3)
    with TrackerClient(foreign.world) as tracker:
        for ask in (
            lambda: view.told("open"),
            lambda: view.told("stuck"),
            lambda: tracker.conversations("stuck"),
            lambda: tracker.metrics(),
        ):
            with pytest.raises(CannotTell):
                ask()
        assert tracker.view("nobody") is None


def test_a_tracker_that_runs_already_finds_cloud_and_receiver_where_it_expects_them(tmp_path: Path) -> None:
    own, cloud, receiver = free_port(), free_port(), free_port()
    env = {"PORT": str(own), "ALERT_URL": f"http://127.0.0.1:{receiver}/alerts/generic", "MAX_DWELL_SECONDS": "0.2"}
    running = subprocess.Popen([sys.executable, str(STAGE / "simple_tracker.py")], env={**os.environ, **env})
    world_file = tmp_path / "world.json"
    named = {"url": f"http://127.0.0.1:{own}", "dialect": "seed", "cloud_port": cloud, "receiver_port": receiver}
    world_file.write_text(json.dumps({"tracker": {**named, "max_dwell_s": 0.2}}))
    try:
        with contextmanager(live_world)(RunSettings(agents=2, world_file=world_file, tracker=LIMITS)) as live:
            assert live.world.tracker is not None
            assert (live.world.tracker.kept, live.world.tracker.max_dwell_s) == (False, 2.0)
            assert httpx.get(f"http://127.0.0.1:{cloud}/api/v2/users/me", trust_env=False).status_code == 401
            conversation = str(live.do("place_calls", queue=1)["conversations"][0])
            live.do("observe", seconds=4, reason="longer than the limit")
            live.do("end_calls", conversations=conversation)
            until(lambda: read(live.world.evidence).of("alert.received"), "its alert", 60)
            paths = {entry["path"] for entry in read(live.world.evidence).of("api", source="wire")}
            assert paths >= {"/eventbridge", "/alerts/generic", "/api/v2/users/me"}
    finally:
        running.terminate()
        running.wait(10)


def test_an_org_without_a_tracker_is_refused_where_one_is_needed(tmp_path: Path) -> None:
    org = tmp_path / "org.json"
    org.write_text(json.dumps({"region": "mypurecloud.ie"}))
    with pytest.raises(BadInput, match="a world file that names a tracker too"):
        in_its_world(RunSettings(world_file=org, tracker=LIMITS))


def test_a_defect_of_the_tracker_needs_our_tracker(tmp_path: Path) -> None:
    foreign = tmp_path / "world.json"
    foreign.write_text(json.dumps({"tracker": {"url": "http://127.0.0.1:8080"}}))
    with pytest.raises(BadInput, match="an experiment without a tracker, found 'torn_read'"):
        in_its_world(RunSettings(defect="torn_read"))
    with pytest.raises(BadInput, match="the tracker is not ours"):
        in_its_world(RunSettings(defect="torn_read", world_file=foreign, tracker=LIMITS))
    in_its_world(RunSettings(defect="torn_read", tracker=LIMITS))


def test_alerts_go_where_their_kind_is_understood(ours: Live) -> None:
    assert ours.world.receiver is not None
    assert sink(ours.world.receiver, "alertmanager") == f"{ours.world.receiver.url}/alertmanager/api/v2/alerts"
