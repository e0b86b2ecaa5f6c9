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
from harness.waiting import Waited, pause, until
from tests.harness.network.left import left_of, namespaces_of
from tests.harness.test_kill import GONE_WITHIN_S, UP_WITHIN_S, Run, waits

WITHIN_S = 1.0
SEED = 3
SIDE_BY_SIDE = 3
TIMES_IN_FAULTS = 15
# After which evidence the moments are, within how many seconds, and how many of them: 50 in all.
MOMENTS: tuple[tuple[str, dict[str, str], float, int], ...] = (
    ("ground.held", {}, 2.5, 35),
    ("activity.started", {"name": "squeeze"}, 2.0, TIMES_IN_FAULTS),
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


@pytest.mark.prove
def test_sigkill_at_random_moments_leaves_the_network_as_it_was(started: Callable[..., Run]) -> None:
    chance = random.Random(SEED)
    moments = [(kind, words, chance.uniform(0.0, s)) for kind, words, s, times in MOMENTS for _ in range(times)]

    def killed(number: int) -> tuple[float, Evidence]:
        kind, words, seconds = moments[number]
        run = started(str(number), method=(SQUEEZE, HOLE, waits("step", "action")), extension=ONE_SITE)
        until(lambda: run.evidence.last(kind, **words) or run.process.poll(), kind, UP_WITHIN_S)
        assert run.process.poll() is None
        pause(seconds)
        took = gone_after_s(run)
        until(lambda: not (run.state / "it").exists(), "the state of the run to go", UP_WITHIN_S)
        return took, run.evidence

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        ended = list(pool.map(killed, range(len(moments))))
    late = {moments[number]: round(took, 3) for number, (took, _) in enumerate(ended) if took > WITHIN_S}
    assert late == {}
    assert all(namespaces_of(evidence) for _, evidence in ended)
    assert sum(bool(evidence.of("lease.held")) for _, evidence in ended) > TIMES_IN_FAULTS / 2
