"""Proving the experiments: healthy is PASS, a defect is caught by the probe meant for it, sabotage is VOID."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BadInput
from harness.many import Order, Outcome
from harness.plan import plan_of
from harness.verdict import Verdict

HEALTHY = "healthy"


@dataclass(frozen=True)
class Claim:
    """What an experiment must say about one thing planted: its verdict and, for FAIL, the question that catches it."""

    experiment: Path
    plant: str
    expected: Verdict
    question: str | None = None
    defect: str | None = None
    sabotage: str | None = None

    def order(self, seed: int, runs: Path, in_lab: bool = False) -> Order:
        """The run that shows it."""
        return Order(self.experiment, seed=seed, defect=self.defect, sabotage=self.sabotage, runs=runs, in_lab=in_lab)

    def holds(self, outcome: Outcome) -> bool:
        """Whether the outcome is what was claimed."""
        if outcome.verdict is not self.expected:
            return False
        return self.question is None or self.question in outcome.caught_by


def claims_of(path: Path) -> list[Claim]:
    """Everything an experiment's own metadata claims: healthy, each defect it must catch, each fault sabotaged."""
    experiment = json.loads(path.read_text())
    return list(_claims(path, experiment))


def _claims(path: Path, experiment: Mapping[str, Any]) -> Iterator[Claim]:
    yield Claim(path, HEALTHY, Verdict.PASS)
    for pair in _extension(path, experiment)["must_catch"]:
        yield Claim(path, pair["defect"], Verdict.FAIL, pair["probe"], defect=pair["defect"])
    for fault in plan_of(experiment).faults:
        yield Claim(path, f"sabotage:{fault}", Verdict.VOID, sabotage=fault)


def _extension(path: Path, experiment: Mapping[str, Any]) -> Mapping[str, Any]:
    for extension in experiment.get("extensions", ()):
        if extension.get("name") == "deskstorm" and extension.get("must_catch"):
            return dict(extension)
    raise BadInput(f"experiment {path}", "an extension `deskstorm` with must_catch", experiment.get("extensions"))


def matrix(
    claims: Iterable[Claim], outcomes: Mapping[tuple[Claim, int], Outcome], about: dict[str, Any]
) -> dict[str, Any]:
    """Experiment x plant: who caught what, by which question, how often; JSON values."""
    rows = []
    for claim in claims:
        runs: list[dict[str, Any]] = [
            {
                "seed": seed,
                "verdict": str(outcome.verdict),
                "caught_by": list(outcome.caught_by),
                "reason": outcome.reasons[0] if outcome.reasons else "",
                "seconds": round(outcome.seconds, 1),
                "folder": outcome.folder.name,
                "holds": claim.holds(outcome),
            }
            for (of, seed), outcome in outcomes.items()
            if of == claim
        ]
        rows.append(
            {
                "experiment": claim.experiment.stem,
                "plant": claim.plant,
                "expected": str(claim.expected),
                "probe": claim.question,
                "runs": sorted(runs, key=lambda run: run["seed"]),
            }
        )
    return {**about, "rows": rows}
