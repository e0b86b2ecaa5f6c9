"""What a run is asked to do: from the configuration, else the environment, else the defaults."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.many import CHAOS_RUN
from harness.settings import RunSettings, TrackerSettings

EXPERIMENT = Path(__file__).parent.parent.parent / "experiments" / "schedule_publish.json"


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("DESKSTORM_") and name != "DESKSTORM_STATE"]:
        monkeypatch.delenv(name)


def test_without_anything_the_defaults_hold() -> None:
    found = RunSettings.read({}, {})
    assert (found.agents, found.time_scale, found.seed, found.defect, found.world_file) == (12, 0.1, 1, None, None)


def test_the_environment_is_heard_where_the_configuration_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKSTORM_AGENTS", "4")
    monkeypatch.setenv("DESKSTORM_DEFECT", "zombie")
    monkeypatch.setenv("DESKSTORM_WORLD", "org.json")
    found = RunSettings.read({"seed": "7"}, {})
    assert (found.agents, found.seed, found.defect, found.world_file) == (4, 7, "zombie", Path("org.json"))


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({"agents": 0}, "agents: expected a whole number from 1 to 1000, found 0"),
        ({"agents": 2.5}, "agents: expected a whole number from 1 to 1000, found 2.5"),
        ({"time_scale": 2}, "time_scale: expected a number from 0.02 to 1, found 2"),
        ({"time_scale": "fast"}, "time_scale: expected a number from 0.02 to 1, found 'fast'"),
        ({"seed": -1}, "seed: expected a whole number from 0"),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(configuration: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        RunSettings.read(configuration, {})
    assert words in str(refusal.value)


def test_a_tracker_is_there_if_the_experiment_says_so() -> None:
    assert RunSettings.read({}, {}).tracker is None
    assert RunSettings.read({}, {"tracker": {}}).tracker == TrackerSettings()
    found = RunSettings.read({}, {"tracker": {"max_dwell_s": 30, "queues": 1, "sinks": ["slack"]}}).tracker
    assert found == TrackerSettings(max_dwell_s=30.0, queues=1, sinks=("slack",))


@pytest.mark.parametrize(
    ("tracker", "words"),
    [
        ([], "extension tracker: expected an object with keys of max_dwell_s"),
        ({"max_dwel_s": 3}, "extension tracker: expected an object with keys of max_dwell_s"),
        ({"max_dwell_s": 0}, "tracker max_dwell_s: expected a number from 1"),
        ({"max_bounces": 1.5}, "tracker max_bounces: expected a whole number from 0"),
        ({"sinks": ["pigeon"]}, "tracker sinks: expected a list of generic, slack"),
    ],
)
def test_a_tracker_that_makes_no_sense_is_refused_by_name(tracker: Any, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        RunSettings.read({}, {"tracker": tracker})
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("extension", "sites"), [({}, 0), ({"network": {"sites": 1}}, 1), ({"network": {"sites": 2}}, 2)]
)
def test_desktops_live_at_sites_if_the_experiment_says_so(extension: dict[str, Any], sites: int) -> None:
    assert RunSettings.read({}, extension).sites == sites


@pytest.mark.parametrize(
    ("network", "words"),
    [
        (1, 'network: expected an object with the key sites: {"sites": 1}, found 1'),
        ({}, "network: expected an object with the key sites"),
        ({"sites": 1, "cities": 2}, "network: expected an object with the key sites"),
        ({"sites": 3}, "network sites: expected 1 or 2, found 3"),
        ({"sites": True}, "network sites: expected 1 or 2, found True"),
        ({"sites": "1"}, "network sites: expected 1 or 2, found '1'"),
    ],
)
def test_sites_that_make_no_sense_are_refused_by_name(network: object, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        RunSettings.read({}, {"network": network})
    assert words in str(refusal.value)


@pytest.mark.world
def test_var_changes_each_of_them(tmp_path: Path) -> None:
    given = {"agents": "5", "seed": "9", "time_scale": "0.08", "defect": "stale_overwrite"}
    words = [word for key, value in given.items() for word in ("--var", f"{key}={value}")]
    ran = subprocess.run(
        [*CHAOS_RUN, str(tmp_path / "journal.json"), *words, str(EXPERIMENT)],
        env={**os.environ, "DESKSTORM_RUNS": str(tmp_path / "runs"), "DESKSTORM_STATE": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = json.loads(next(tmp_path.glob("runs/*/verdict.json")).read_text())
    assert ran.returncode == 1
    assert {key: found[key] for key in ("agents", "seed", "time_scale", "defect", "verdict")} == {
        "agents": 5,
        "seed": 9,
        "time_scale": 0.08,
        "defect": "stale_overwrite",
        "verdict": "FAIL",
    }
