"""Every experiment says PASS on the healthy world, FAIL on each defect by its own probe, VOID when sabotaged."""

import json
from pathlib import Path

import pytest

from harness.many import Runs
from harness.netlab import PACKAGES
from harness.network.needs import NETEM, better_in_lab, needs_of
from harness.prove import Claim, claims_of
from simulator.desktop import defects as desktop
from tests.debian import need
from tracker import defects as tracker

EXPERIMENTS = sorted((Path(__file__).parent.parent / "experiments").glob("*.json"))
README = (Path(__file__).parent.parent / "README.md").read_text()
CLAIMS = [claim for path in EXPERIMENTS for claim in claims_of(path)]
NEEDS = {path: needs_of(json.loads(path.read_text())) for path in EXPERIMENTS}
# A lab takes a core for itself: they all run on one worker, one after the other.
ONE_BY_ONE = pytest.mark.xdist_group("lab")


def test_there_are_experiments() -> None:
    assert len(EXPERIMENTS) >= 17


@pytest.mark.prove
@pytest.mark.parametrize(
    "claim",
    [pytest.param(claim, marks=[ONE_BY_ONE] if NETEM in NEEDS[claim.experiment] else []) for claim in CLAIMS],
    ids=[f"{claim.experiment.stem}-{claim.plant}" for claim in CLAIMS],
)
def test_an_experiment_says_what_it_claims(claim: Claim, tmp_path: Path) -> None:
    if NETEM in NEEDS[claim.experiment]:
        need(*PACKAGES)
    order = claim.order(seed=1, runs=tmp_path, in_lab=better_in_lab(claim.experiment))
    outcome = Runs().all([order])[0]
    assert claim.holds(outcome), f"{outcome.verdict}: {outcome.reasons}; caught by {outcome.caught_by}"


@pytest.mark.parametrize("path", EXPERIMENTS, ids=lambda path: str(path.stem))
def test_the_readme_names_an_experiment_and_what_it_catches(path: Path) -> None:
    rows = [line for line in README.splitlines() if line.startswith(f"| `{path.stem}` |")]
    defects = [claim.defect for claim in claims_of(path) if claim.defect]
    assert len(rows) == 1, f"add a row for {path.stem} to README.md"
    assert rows[0].split("|")[-2].strip() == ", ".join(defects)


def test_every_defect_is_caught_by_some_experiment() -> None:
    caught = {claim.defect for claim in CLAIMS if claim.defect}
    assert caught == {*desktop.names(), *tracker.names()}
