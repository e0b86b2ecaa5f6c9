"""Every experiment says PASS on the healthy world, FAIL on each defect by its own probe, VOID when sabotaged."""

from pathlib import Path

import pytest

from harness.many import run_all
from harness.prove import Claim, claims_of

pytestmark = pytest.mark.prove
EXPERIMENTS = sorted((Path(__file__).parent.parent / "experiments").glob("*.json"))
CLAIMS = [claim for path in EXPERIMENTS for claim in claims_of(path)]


def test_there_are_experiments() -> None:
    assert len(EXPERIMENTS) >= 17


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: f"{claim.experiment.stem}-{claim.plant}")
def test_an_experiment_says_what_it_claims(claim: Claim, tmp_path: Path) -> None:
    order = claim.order(seed=1, runs=tmp_path)
    outcome = run_all([order], 1, lambda *_: None, lambda *_: None)[0]
    assert claim.holds(outcome), f"{outcome.verdict}: {outcome.reasons}; caught by {outcome.caught_by}"
