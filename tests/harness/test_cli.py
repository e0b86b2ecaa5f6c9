"""The command line as a person uses it: what is wrong is one line with what was expected, and nothing is left."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.keeping import state
from harness.many import CHAOS_RUN
from harness.waiting import until

pytestmark = pytest.mark.world
EXPERIMENTS = Path(__file__).parent.parent.parent / "experiments"
# A user namespace in which we are nobody in particular: files stay ours, networks do not.
UNPRIVILEGED = ("unshare", "--user")
WRONG_INPUT = 2
VOID = 3
LIMIT_S = 60


class Here:
    """A folder to run `deskstorm` in, with a state folder of its own."""

    def __init__(self, folder: Path, within: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.within = within
        self.environment = {**os.environ, "DESKSTORM_STATE": str(folder / "state")}

    def deskstorm(self, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*self.within, sys.executable, "-m", "harness.cli", *words],
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )

    def refused(self, *words: str, **more: str) -> str:
        """The one line that a wrong input is answered with."""
        done = self.deskstorm(*words, **more)
        assert done.returncode == WRONG_INPUT, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert self.states() == []
        return done.stderr.strip().splitlines()[-1]

    def states(self) -> list[str]:
        """The runs that have state on this machine."""
        folder = self.folder / "state"
        return sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []

    def chaos(self, content: dict[str, Any], **more: str) -> "subprocess.CompletedProcess[str]":
        path = self.folder / "wrong.json"
        path.write_text(json.dumps(content))
        return subprocess.run(
            [*self.within, *CHAOS_RUN, str(self.folder / "journal.json"), str(path)],
            cwd=self.folder,
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )


@pytest.fixture
def here(tmp_path: Path) -> Here:
    return Here(tmp_path)


@pytest.fixture
def unprivileged(tmp_path: Path) -> Here:
    """The same, of somebody who may not change networks."""
    return Here(tmp_path, UNPRIVILEGED)


def reset() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EXPERIMENTS / "websocket_reset.json").read_text())
    del found["extensions"][0]["least_agents"]  # what is wrong here is wrong in a world of two agents as well
    return found


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("arm", "earthquake"), "fault: expected one of alert_sink_down, api_errors"),
        (("disarm", "earthquake"), "fault: expected one of alert_sink_down, api_errors"),
        (("arm", "api_latency"), "run: expected a running world"),
        (("arm", "api_latency", "delay=5"), "expected KEY=VALUE with a key of delay_ms"),
        (("arm", "latency", "on=a"), """latency on: expected a JSON object such as {"site": "a"}, found 'a'"""),
        (("arm", "api_latency", "delay_ms=fast"), "api_latency delay_ms: expected a value of type float, found 'fast'"),
        (("run", "absent.json"), "experiment absent.json: expected a file that can be read"),
        (("run", "{reset}", "--defect", "laziness"), "defect: expected one of"),
        (("run", "{reset}", "--defect", "laziness"), "'torn_read'"),
        (("world", "--defect", "laziness"), "defect: expected one of"),
        (("world", "--defect", "torn_read"), "defect: expected one of"),
        (("review", "absent"), "run folder absent: expected a folder with evidence in it"),
    ],
)
def test_what_is_unknown_is_refused_by_name(here: Here, words: tuple[str, ...], expected: str) -> None:
    given = [word.replace("{reset}", str(EXPERIMENTS / "websocket_reset.json")) for word in words]
    assert expected in here.refused(*given)


def test_a_runs_folder_that_cannot_be_written_is_named(here: Here) -> None:
    (here.folder / "file").write_text("")
    line = here.refused("world", "--runs", "file/runs")
    assert "runs folder file/runs: expected a folder that can be written" in line


def test_a_port_in_use_is_named(here: Here) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        line = here.refused("world", "--port", str(port), "--agents", "1")
    assert "cloud did not start" in line
    assert str(port) in line


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"delay_ms": "5 s"}, "delay_ms: expected"),
        ({"delay_ms": -1}, "delay_ms: expected a number from 1 to 600000, found -1"),
        ({"agents": "nobody"}, "agents: expected"),
        ({"agents": "0 %"}, "agents: expected a share above 0 %"),
        ({"path": ""}, "path: expected a non-empty pattern"),
    ],
)
def test_a_wrong_fault_in_an_experiment_is_void_with_its_reason(
    here: Here, change: dict[str, Any], expected: str
) -> None:
    content = reset()
    content["configuration"].update(agents=2, time_scale=0.05)
    provider = {"type": "python", "module": "actions.api_latency", "func": "inject_api_latency", "arguments": change}
    content["method"] = [{"type": "action", "name": "break", "provider": provider}, content["method"][-1]]
    done = here.chaos(content)
    assert done.returncode != 0
    assert f"VOID: break could not be carried out: {expected}" in _verdict(here) + done.stderr
    assert here.states() == []


def test_an_experiment_that_names_an_unknown_activity_is_refused(here: Here) -> None:
    content = reset()
    content["method"][0]["provider"]["func"] = "inject_earthquake"
    done = here.chaos(content)
    assert done.returncode != 0
    assert "inject_earthquake" in done.stderr
    assert here.states() == []


@pytest.mark.parametrize(
    ("world", "expected"),
    [
        ("{", "expected JSON"),
        ('{"api": "http://127.0.0.1:9"}', "expected values for"),
        (None, "No such file"),
    ],
)
def test_a_wrong_world_file_is_void_with_its_reason(here: Here, world: str | None, expected: str) -> None:
    path = here.folder / "org.json"
    if world is not None:
        path.write_text(world)
    done = here.chaos(reset(), DESKSTORM_WORLD=str(path))
    assert done.returncode != 0
    assert expected in _verdict(here)
    assert here.states() == []


ORG = {
    "api": "http://127.0.0.1:9",
    "desktop_client_id": "desktop",
    "queue_id": "chaos",
    "agents": [{"id": "a-1", "refresh_token_env": "A1"}],
    "canary": {"id": "c-1", "refresh_token_env": "A1"},
}


def test_missing_credentials_are_void_with_the_name_of_the_variable(here: Here) -> None:
    path = here.folder / "org.json"
    path.write_text(json.dumps(ORG))
    assert here.chaos(reset(), DESKSTORM_WORLD=str(path)).returncode != 0
    assert "expected the environment variable A1 to be set, found 'nothing'" in _verdict(here)


def test_fewer_agents_than_the_experiment_needs_are_void_before_anything_starts(here: Here) -> None:
    content = json.loads((EXPERIMENTS / "websocket_reset.json").read_text())
    assert here.chaos(content, DESKSTORM_AGENTS="3").returncode != 0
    assert "agents: expected at least 4 for this experiment, found 3" in _verdict(here)


def test_an_unreachable_world_is_void_with_its_address(here: Here) -> None:
    path = here.folder / "org.json"
    path.write_text(json.dumps(ORG))
    secrets = {"A1": "token", "GENESYS_CLIENT_ID": "id", "GENESYS_CLIENT_SECRET": "secret"}
    assert here.chaos(reset(), DESKSTORM_WORLD=str(path), **secrets).returncode != 0
    assert "127.0.0.1:9" in _verdict(here)
    assert here.states() == []


@pytest.mark.parametrize("number", ["many", "-1", "0", "1e9"])
def test_a_wrong_number_of_agents_is_void_with_its_range(here: Here, number: str) -> None:
    content = reset()
    content["configuration"]["agents"] = number
    assert here.chaos(content).returncode != 0
    assert f"agents: expected a whole number from 1 to 1000, found '{number}'" in _verdict(here)


def test_faults_and_defects_are_listed_with_their_parameters(here: Here) -> None:
    listed = here.deskstorm("faults", COLUMNS="200").stdout
    assert "token_refresh_delay" in listed
    assert "delay_ms (5000)" in listed
    defects = here.deskstorm("defects", COLUMNS="200").stdout
    assert {"half_open_unnoticed", "torn_read"} <= set(defects.split())


@pytest.mark.parametrize(
    ("command", "name"), [("defects", "reconnects_signalling_for_voice"), ("faults", "token_refresh_delay")]
)
def test_on_a_narrow_terminal_names_are_whole(here: Here, command: str, name: str) -> None:
    listed = here.deskstorm(command, COLUMNS="80").stdout
    assert name in listed.split() and "…" not in listed


def test_the_trackers_own_help_is_shown(here: Here) -> None:
    assert "--settings SETTINGS" in here.deskstorm("tracker", "--help").stdout


def test_doctor_says_what_can_be_injected_and_that_nothing_was_left(here: Here) -> None:
    done = here.deskstorm("doctor", COLUMNS="200")
    assert done.returncode == 0
    assert "nothing was left behind" in done.stdout
    assert "network" in done.stdout


def sited(here: Here) -> Path:
    """An experiment whose desktops live in a network namespace."""
    found = reset()
    found["extensions"][0]["network"] = {"sites": 1}
    path = here.folder / "sited.json"
    path.write_text(json.dumps(found))
    return path


NO_ROOT = "root: user 65534 may not change networks; run it as root (sudo)"


def test_without_root_what_needs_it_is_refused_before_anything_is_started(unprivileged: Here) -> None:
    line = unprivileged.refused("run", str(sited(unprivileged)))
    expected = f"a machine that can run it, or --leave-out-impossible, found '{NO_ROOT}'"
    assert line == f"deskstorm: experiment {unprivileged.folder}/sited.json: expected {expected}"
    assert not (unprivileged.folder / "runs").exists()
    expected = f"a machine that can run it, found '{NO_ROOT}'"
    assert expected in unprivileged.refused("prove", str(sited(unprivileged)))


def test_without_root_chaos_run_is_void_and_says_why(unprivileged: Here) -> None:
    ran = unprivileged.chaos(json.loads(sited(unprivileged).read_text()))
    assert ran.returncode == 1
    verdict = json.loads(next(unprivileged.folder.glob("runs/*/verdict.json")).read_text())
    assert verdict["verdict"] == "VOID"
    expected = f"network sites on this machine: expected network namespaces joined by veth, found '{NO_ROOT}'"
    assert verdict["reasons"][0] == expected
    assert unprivileged.states() == []


def test_chaos_run_brings_no_world_up_for_a_fault_that_this_machine_cannot_inject(unprivileged: Here) -> None:
    found = reset()
    provider = {"type": "python", "module": "actions.packet_loss", "func": "inject_packet_loss"}
    found["method"].append({"type": "action", "name": "lose packets", "provider": provider})
    ran = unprivileged.chaos(found)
    assert ran.returncode == 1
    run = next(unprivileged.folder.glob("runs/*"))
    verdict = json.loads((run / "verdict.json").read_text())
    expected = f"this experiment on this machine: expected a machine that can run it, found '{NO_ROOT}'"
    assert verdict["verdict"] == "VOID" and verdict["reasons"][0] == expected
    assert "world.up" not in "".join(path.read_text() for path in run.glob("evidence/*.jsonl"))


def test_what_is_impossible_is_left_out_by_name_on_request(unprivileged: Here) -> None:
    done = unprivileged.deskstorm("run", str(sited(unprivileged)), "--leave-out-impossible", COLUMNS="200")
    assert done.returncode == VOID  # nothing was asked
    assert "sited" in done.stdout
    assert "left out" in done.stdout
    assert NO_ROOT in done.stdout
    assert "VOID over 0 runs, left out: 1" in done.stdout


def test_doctor_says_what_network_faults_there_can_be(here: Here, unprivileged: Here) -> None:
    without = unprivileged.deskstorm("doctor", COLUMNS="300").stdout
    assert "bandwidth" in without
    assert NO_ROOT in without
    assert "desktops behind links of their own" in here.deskstorm("doctor", COLUMNS="300").stdout


def test_an_org_has_no_sites(here: Here) -> None:
    org: dict[str, Any] = {"region": "mypurecloud.ie", "desktop_client_id": "d", "queue_id": "q"}
    org |= {"agents": [{"id": "1", "refresh_token_env": "A"}], "canary": {"id": "c", "refresh_token_env": "C"}}
    path = here.folder / "org.json"
    path.write_text(json.dumps(org))
    found = json.loads(sited(here).read_text()) | {"configuration": {}}
    ran = here.chaos(found, DESKSTORM_WORLD=str(path))
    assert ran.returncode == 1
    assert "expected a local one for its network sites, or on.interface in each fault" in ran.stdout + ran.stderr


class World:
    """A `deskstorm world` in the background."""

    def __init__(self, here: Here, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", "world", "--json", "--agents", "2", "--time-scale", "0.1", *options],
            cwd=here.folder,
            env=here.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.shown: dict[str, Any] = json.loads(self.process.stdout.readline())

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=LIMIT_S)
        return self.process.returncode


@pytest.fixture
def world(here: Here) -> Iterator[World]:
    started = World(here)
    yield started
    started.process.kill()
    started.process.communicate()


def test_a_world_is_broken_healed_and_taken_down_by_hand(here: Here, world: World) -> None:
    desktops = world.shown["desktops"]
    until(lambda: all(row["connected"] for row in httpx.get(desktops).json()), "the desktops to connect", 30)
    armed = here.deskstorm("arm", "ws_reset", "refuse_new=true", "seconds=600")
    assert armed.returncode == 0, armed.stderr
    assert '"in_force": true' in armed.stdout
    until(lambda: not any(row["connected"] for row in httpx.get(desktops).json()), "the desktops to be cut off", 20)
    assert here.deskstorm("disarm").returncode == 0
    until(lambda: all(row["connected"] for row in httpx.get(desktops).json()), "the desktops to come back", 60)
    assert world.end() == 0
    assert here.states() == []


@pytest.fixture
def world_with_sites(here: Here) -> Iterator[World]:
    started = World(here, "--sites", "2")
    yield started
    started.process.kill()
    started.process.communicate()


def test_the_network_of_one_site_is_broken_by_hand(here: Here, world_with_sites: World) -> None:
    world = world_with_sites
    assert [site["name"] for site in world.shown["sites"]] == ["a", "b"]
    armed = here.deskstorm("arm", "blackhole", 'on={"site": "b"}')
    assert armed.returncode == 0, armed.stderr
    assert "site b" in json.loads(armed.stdout)["seen"]
    disarmed = here.deskstorm("disarm")
    assert json.loads(disarmed.stdout)["fault"] == "blackhole" and '"site b"' in disarmed.stdout
    assert world.end() == 0
    assert here.states() == []


def test_stop_clears_what_is_in_force_anywhere(here: Here, world: World) -> None:
    assert here.deskstorm("arm", "api_latency", "delay_ms=3000").returncode == 0
    stopped = here.deskstorm("stop")
    assert stopped.returncode == 0
    assert "api_latency undone" in stopped.stdout
    world.process.communicate(timeout=LIMIT_S)
    assert world.process.returncode not in (0, None)
    until(lambda: here.states() == [], "the state of the world to go", 30)


def _verdict(here: Here) -> str:
    found = json.loads(next(here.folder.glob("runs/*/verdict.json")).read_text())
    return f"{found['verdict']}: {'; '.join(found['reasons'])}"


def test_the_state_folder_of_this_machine_is_private() -> None:
    assert state.root().stat().st_mode & 0o077 == 0
