"""Runs with sites and network faults, ended by SIGKILL at each step and at any moment: their namespaces, links, qdiscs
and nft tables are gone within a second, and the run is VOID."""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.evidence import Evidence
from harness.keeping.state import RunState, taken_over
from harness.network.place import Way, places
from harness.network.shell import Shell
from harness.network.tc import HANDLE, INGRESS
from harness.waiting import Waited, pause, until
from harness.world import World
from tests.harness.network.left import LINKS, left_of, namespaces_of, unnamed_by_us
from tests.harness.network.links import remote
from tests.harness.test_kill import GONE_WITHIN_S, UP_WITHIN_S, Run, waits

WITHIN_S = 1.0
SEED = 3
SIDE_BY_SIDE = 2
START = "start"
# After which evidence (or the start of the process) the moments are, within how many seconds, and how many of them: 50
# in all.
MOMENTS: tuple[tuple[str, dict[str, str], float, int], ...] = (
    (START, {}, 2.0, 10),
    ("ground.held", {}, 2.5, 15),
    ("activity.started", {"name": "squeeze"}, 1.0, 10),
    ("lease.held", {}, 2.0, 15),
)
TWO_SITES = {"network": {"sites": 2}}
ONE_SITE = {"network": {"sites": 1}}


def network(name: str, fault: str, verb: str = "inject", **arguments: Any) -> dict[str, Any]:
    provider = {"type": "python", "module": f"actions.{fault}", "func": f"{verb}_{fault}", "arguments": arguments}
    return {"type": "action", "name": name, "provider": provider}


SQUEEZE = network("squeeze", "bandwidth", rate_kbit=2000, seconds=600)
HOLE = network("hole", "blackhole", on={"site": "a"}, seconds=600)
FILL = network("fill", "blackhole", "clear")
LOOSEN = network("loosen", "bandwidth", "clear")
STEPS: dict[str, tuple[dict[str, Any], str]] = {
    "before the fault": ({"hypothesis": (waits("step", "probe") | {"tolerance": 1},)}, "step"),
    "during the injection": ({"method": (SQUEEZE, HOLE)}, "hole"),
    "while faults are in force": ({"method": (SQUEEZE, HOLE, waits("step", "action"))}, "step"),
    "during the clearing": ({"method": (SQUEEZE, HOLE, FILL, LOOSEN)}, "fill"),
    "during the rollbacks": ({"method": (SQUEEZE,), "rollbacks": (waits("step", "action"), LOOSEN)}, "step"),
}


# At a named interface: the method, and when to kill.
AT_INTERFACE = {
    "as the rules are made": (("squeeze",), "squeeze"),
    "while faults are in force": (("squeeze", "hole", "step"), "step"),
    "during the clearing of a hole": (("squeeze", "hole", "fill", "loosen"), "fill"),
    "during the clearing of rules": (("squeeze", "loosen"), "loosen"),
}


def gone_after_s(run: Run) -> float:
    """End the chaos process by force; so many seconds until nothing of the network is left, or as long as it may take
    at all."""
    run.process.kill()
    began = time.monotonic()
    try:
        until(lambda: not left_of(run.evidence), "the network to be as before", GONE_WITHIN_S, every_s=0.01)
    except Waited:
        return GONE_WITHIN_S
    return time.monotonic() - began


def over(run: Run, unborn: bool) -> bool:
    """Whether the state of a run is gone; one that may have ended `unborn`, before it had a keeper, leaves a folder in
    which nothing was ever in force, and the next start takes that away."""
    with taken_over(RunState(run.state / "it")) as nobodys:
        return (unborn and nobodys) or not (run.state / "it").exists()


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(name: str = "it", **given: Any) -> Run:
        folder = tmp_path / name
        folder.mkdir()
        runs.append(Run(folder, {"rollbacks": (FILL, LOOSEN), "extension": TWO_SITES, **given}))
        return runs[-1]

    yield start
    for run in runs:
        run.close()


@pytest.mark.world
@pytest.mark.parametrize("step", STEPS)
def test_sigkill_at_any_step_leaves_the_network_as_it_was(started: Callable[..., Run], step: str) -> None:
    given, name = STEPS[step]
    run = started(**given)
    run.reaches(name)
    alive = run.processes()
    assert len(left_of(run.evidence)) >= 4  # two namespaces, two links; nft tables too with the fault in force
    assert gone_after_s(run) <= WITHIN_S
    assert run.verdict()["verdict"] == "VOID"
    run.leaves_nothing(alive)


@pytest.mark.world
@pytest.mark.parametrize("moment", AT_INTERFACE)
def test_sigkill_leaves_a_named_interface_as_it_was(started: Callable[..., Run], moment: str) -> None:
    names, last = AT_INTERFACE[moment]
    with remote() as (link, port):
        on = {
            "interface": link.far_link,
            "cidrs": [f"{link.near_address}/32"],
            "witness": f"{link.near_address}:{port}",
        }
        activities = {
            "squeeze": network("squeeze", "bandwidth", rate_kbit=2000, seconds=600, on=on),
            "hole": network("hole", "blackhole", seconds=600, on=on),
            "fill": FILL,
            "loosen": LOOSEN,
            "step": waits("step", "action"),
        }
        before = [one.handle for one in Shell().qdiscs(link.far_link)]
        run = started(method=[activities[name] for name in names], extension={})
        run.reaches(last)
        [place] = places(World.read(RunState(run.state / "it").world), "bandwidth", on)
        ifb = LINKS / place.ends[Way.TO_DESKTOPS].interface

        def left() -> list[str]:
            qdiscs = [f"qdisc {one.handle}" for one in Shell().qdiscs(link.far_link) if one.handle not in before]
            return [*left_of(run.evidence), *([ifb.name] if ifb.exists() else []), *qdiscs]

        if last == "squeeze":
            until(ifb.exists, "the ifb", UP_WITHIN_S, every_s=0.001)
        elif last == "step":
            assert {ifb.name, f"qdisc {HANDLE}", f"qdisc {INGRESS}"} < set(left())
            assert any(one.startswith("nft table") for one in left())
        alive = run.processes()
        run.process.kill()
        until(lambda: not left(), "the interface to be as before", GONE_WITHIN_S)
        assert [one.handle for one in Shell().qdiscs(link.far_link)] == before
        assert run.verdict()["verdict"] == "VOID"
        run.leaves_nothing(alive)
        assert left() == []


@pytest.mark.prove
def test_sigkill_at_random_moments_leaves_the_network_as_it_was(started: Callable[..., Run]) -> None:
    chance = random.Random(SEED)
    strangers = unnamed_by_us()
    moments = [(kind, words, chance.uniform(0.0, s)) for kind, words, s, times in MOMENTS for _ in range(times)]

    def killed(number: int) -> tuple[float, Evidence]:
        kind, words, seconds = moments[number]
        run = started(str(number), method=(SQUEEZE, HOLE, waits("step", "action")), extension=ONE_SITE)
        if kind != START:
            until(lambda: run.evidence.last(kind, **words) or run.process.poll(), kind, UP_WITHIN_S)
            assert run.process.poll() is None
        pause(seconds)
        took = gone_after_s(run)
        until(lambda: over(run, unborn=kind == START), "the state of the run to go", UP_WITHIN_S)
        assert left_of(run.evidence) == []
        return took, run.evidence

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        ended = list(pool.map(killed, range(len(moments))))
    late = [(moments[number], round(took, 3)) for number, (took, _) in enumerate(ended) if took > WITHIN_S]
    assert late == []
    assert unnamed_by_us() <= strangers
    made = [bool(namespaces_of(evidence)) for _, evidence in ended]
    assert all(made[number] for number, (kind, _, _) in enumerate(moments) if kind != START)
