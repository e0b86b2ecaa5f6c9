"""Desktops behind links of their own: what the keeper makes for them, how they are reached, and that it all goes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from harness.breaking.canary import Canary
from harness.errors import DeskstormError, Refused
from harness.evidence import read
from harness.keeping import leftovers
from harness.keeping.keeper import Holder, start_keeper
from harness.keeping.lease import Undo
from harness.keeping.processes import Identity
from harness.network.shell import Shell
from harness.network.site import Site
from harness.network.sites import made_by, peopled
from harness.observing.measuring import Measuring
from harness.runtime import WORLD_KEY, Run, evidence_of, run_of
from harness.settings import RunSettings
from harness.start import Started, bring_up
from harness.waiting import until
from harness.world import Agent, World
from tests.harness.network.left import left_of

LIMIT_S = 20.0
GONE_WITHIN_S = 1.0
ROOT = Path(__file__).parents[3]
AGENTS = tuple(Agent(str(number), f"Agent {number}", "token") for number in range(5))
# A chaos process in small: it has sites made, says which, and waits to be ended.
HOLDS = """
import json, pathlib, sys
from dataclasses import asdict
from harness.keeping.keeper import start_keeper
from harness.network.sites import made_by
keeper = start_keeper(pathlib.Path(sys.argv[1]))
keeper.hold_run(30)
sites = made_by(keeper, 2)
pid = json.loads((keeper.state / "keeper.json").read_text())["pid"]
print(json.dumps({"sites": [asdict(site) for site in sites], "keeper": pid}), flush=True)
sys.stdin.read()
"""


def test_agents_are_dealt_out_over_the_sites() -> None:
    one, two = (Site.on_link(name, f"ds0123456789{name}", number) for number, name in enumerate("ab"))
    assert [site.agents for site in peopled([one, two], AGENTS)] == [("0", "2", "4"), ("1", "3")]
    assert [site.agents for site in peopled([one], AGENTS)] == [("0", "1", "2", "3", "4")]
    assert peopled([], AGENTS) == ()


# what the keeper makes


@pytest.fixture
def keeper(tmp_path: Path, state_folder: Path) -> Iterator[Holder]:
    holder = start_keeper(tmp_path / "run")
    holder.hold_run(30)
    yield holder
    holder.close()


class Held:
    """A chaos process with two sites."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDS, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        self.sites = [Site.from_json(site) for site in said["sites"]]
        self.keeper = Identity.of(said["keeper"])

    def left(self) -> list[str]:
        return left_of(read(self.folder / "evidence"))

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture
def held(tmp_path: Path, state_folder: Path) -> Iterator[Held]:
    holds = Held(tmp_path / "run")
    yield holds
    holds.close()


@pytest.mark.world
def test_two_sites_have_links_of_their_own_and_are_gone_after_the_run(keeper: Holder) -> None:
    sites = made_by(keeper, 2)
    assert [site.name for site in sites] == ["a", "b"]
    assert len({site.gateway for site in sites}) == len({site.namespace for site in sites}) == 2
    evidence = read(keeper.folder / "evidence")
    assert len(left_of(evidence)) == 4
    assert keeper.finish() == []
    assert left_of(evidence) == []


@pytest.mark.world
def test_what_could_not_be_made_is_refused_and_leaves_nothing(keeper: Holder) -> None:
    name = "ds0a0a0a0a0aa"
    undo = Undo("harness.network.namespaces", "remove", {"namespace": name})
    make = Undo("harness.network.namespaces", "make", {"namespace": name, "site": "a"})
    keeper.lay_ground(f"network namespace {name}", make, undo)
    with pytest.raises(Refused, match=f"ip netns add {name}: .*File exists"):
        keeper.lay_ground(f"network namespace {name}", make, undo)
    keeper.finish()
    assert left_of(read(keeper.folder / "evidence")) == []


@pytest.mark.world
def test_the_kill_switch_leaves_the_sites_until_the_run_ends(keeper: Holder) -> None:
    made_by(keeper, 1)
    keeper.stop("the red button")
    evidence = read(keeper.folder / "evidence")
    assert len(left_of(evidence)) == 2
    keeper.finish()
    assert left_of(evidence) == []


@pytest.mark.world
def test_a_killed_chaos_process_has_its_sites_taken_away_within_a_second(held: Held) -> None:
    assert len(held.left()) == 4
    held.process.kill()
    until(lambda: not held.left(), "the sites to go", GONE_WITHIN_S, every_s=0.01)


@pytest.mark.world
@pytest.mark.parametrize("by", ["deskstorm stop", "deskstorm doctor", "the next start"])
def test_sites_of_a_dead_keeper_are_taken_away(held: Held, tmp_path: Path, by: str) -> None:
    assert held.keeper is not None
    os.kill(held.keeper.pid, signal.SIGKILL)
    held.process.kill()
    until(lambda: held.keeper is not None and not held.keeper.alive, "the keeper to end", LIMIT_S)
    assert len(held.left()) == 4
    if by == "the next start":
        start_keeper(tmp_path / "next").finish()
    else:
        lines = leftovers.stop_all() if by == "deskstorm stop" else leftovers.inspect()
        assert lines == [
            f"run run: network namespace {site.namespace} was left in force and is undone" for site in held.sites[::-1]
        ]
    assert held.left() == []


# whole worlds


class Up:
    """A world with sites, and what asks it."""

    def __init__(self, started: Started) -> None:
        self.world = started.world
        self.run: Run = run_of({WORLD_KEY: str(started.world_file)})

    @property
    def shown(self) -> dict[str, str]:
        """The banner of each desktop."""
        return {agent: desktop.banner for agent, desktop in Measuring(self.run, "sites").desktops().items()}

    def connected(self, *names: str) -> bool:
        """Whether the desktops of these sites, and no others, show that they are connected."""
        wanted = {agent for site in self.world.sites if site.name in names for agent in site.agents}
        return wanted == {agent for agent, banner in self.shown.items() if banner == "connected"}

    @contextmanager
    def link_down(self, site: Site) -> Iterator[None]:
        Shell().ip("link", "set", site.outer, "down")
        try:
            yield
        finally:
            Shell().ip("link", "set", site.outer, "up")


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("sites") / "sites"
    evidence = evidence_of(folder / "evidence")
    settings = RunSettings(agents=5, time_scale=0.05, sites=2, runs=folder.parent)
    stopped: list[str] = []
    started = bring_up(settings, folder, evidence, stopped.append)
    try:
        found = Up(started)
        until(lambda: found.connected("a", "b"), "every desktop to connect", LIMIT_S)
        yield found
    finally:
        problems = started.take_down()
        evidence.close()
    assert (problems, stopped) == ([], [])
    assert left_of(read(folder / "evidence")) == []


@pytest.mark.world
def test_the_sockets_of_desktops_live_inside_their_site(up: Up) -> None:
    for site in up.world.sites:
        proxy = up.world.proxy_of(site)
        lines = Shell(site.namespace).ss("-H", "-t", "-n", "state", "established").splitlines()
        ends = [line.split()[2:4] for line in lines]
        assert len(ends) >= len(site.agents)
        assert {own.rpartition(":")[0] for own, _ in ends} == {site.address}
        assert {f"http://{other}" for _, other in ends} == {proxy}


@pytest.mark.world
def test_each_site_has_a_crowd_of_its_own_and_all_of_them_are_asked(up: Up) -> None:
    assert len(set(up.world.crowd_urls)) == 2
    assert sorted(up.shown) == sorted(agent.id for agent in up.world.agents)
    for site in up.world.sites:
        rows = httpx.get(f"{site.crowd_url}/desktops", trust_env=False).json()
        assert sorted(row["agent"] for row in rows) == sorted(site.agents)
        assert {up.world.crowd_url_of(agent) for agent in site.agents} == {site.crowd_url}
    told = [entry for entry in read(up.world.evidence).entries if entry.source == "crowd"]
    assert {entry.agent for entry in told} >= {agent.id for agent in up.world.agents}


@pytest.mark.world
def test_desktops_can_be_asked_while_their_link_is_down_and_the_other_site_goes_on(up: Up) -> None:
    first = up.world.sites[0]
    with up.link_down(first):
        until(lambda: up.connected("b"), "the desktops of the first site to notice", LIMIT_S)
    until(lambda: up.connected("a", "b"), "them to come back", LIMIT_S)


@pytest.mark.world
def test_the_canary_takes_the_path_of_a_sites_desktops(up: Up) -> None:
    for site in up.world.sites:
        with Canary(up.world, site=site) as canary:
            canary.listen()
            assert canary.socket.local_address[0] == site.address
            assert canary.ping(LIMIT_S) is not None
            assert canary.sees_normal()["status"] == 200
    with Canary(up.world) as canary:
        assert canary.site == up.world.sites[0]


@pytest.mark.world
def test_the_canary_does_not_get_past_a_link_that_is_down(up: Up) -> None:
    with (
        up.link_down(up.world.sites[1]),
        pytest.raises(DeskstormError, match=r"the login at .* did not answer"),
        Canary(up.world, limit_s=0.5, site=up.world.sites[1]),
    ):
        pass


@pytest.mark.world
def test_the_wire_of_a_world_without_sites_is_the_loopback_one(up: Up) -> None:
    plain = replace(up.world, sites=())
    assert plain.wire is not None
    assert plain.proxy_of(None) == plain.wire.proxy
    assert plain.wire.proxy.startswith("http://127.0.0.1:")
    assert sorted(plain.wire.proxies) == sorted(site.gateway for site in up.world.sites)


@pytest.mark.world
def test_a_world_file_says_its_sites(up: Up) -> None:
    assert World.read(Path(up.world.keeper_socket).parent / "world.json") == up.world
