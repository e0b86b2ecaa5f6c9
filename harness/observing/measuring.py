"""What probes share around their one question: the run, its evidence, the desktops' own word, and waiting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from harness.errors import DeskstormError, NoEvidence, Unreachable
from harness.evidence import Evidence
from harness.observing.figures import NEVER_S
from harness.observing.history import SECOND
from harness.runtime import Run, run_of
from harness.waiting import Waited, until

LEAST_PACE_S = 0.05
REAL_PACE_S = 0.5
LEAST_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Desktop:
    """What one desktop believes and shows its agent (see the crowd's status endpoint)."""

    agent: str
    banner: str
    sockets: int
    presence: str
    routing: str
    on_queue: bool
    conversations: dict[str, str]
    row: Mapping[str, Any]

    @property
    def says_connected(self) -> bool:
        """Whether the agent is told that all is well."""
        return self.banner == "connected"


@dataclass(frozen=True)
class Measuring:
    """One probe's look at one run. Figures in seconds are real-world seconds."""

    run: Run
    question: str

    @property
    def agents(self) -> list[str]:
        """The ids of the agents under test; never the canary."""
        canary = self.run.world.canary.id
        return [agent.id for agent in self.run.world.agents if agent.id != canary]

    def evidence(self) -> Evidence:
        """All evidence so far."""
        return self.run.reader.read()

    def desktops(self) -> dict[str, Desktop]:
        """What each desktop shows now, by agent; raises `NoEvidence` in a world without desktops of ours."""
        urls = self.run.world.crowd_urls
        if not urls:
            raise NoEvidence(self.question, "a world with desktops of ours", "none")
        return {str(row["agent"]): _desktop(row) for url in urls for row in _rows(url)}

    def seconds(self, nanoseconds: float | None) -> float:
        """`nanoseconds` of evidence as real-world seconds; None, for what never came, as `NEVER_S`."""
        return NEVER_S if nanoseconds is None else round(self.run.unscaled(nanoseconds / SECOND), 3)

    def nanoseconds(self, real_seconds: float) -> int:
        """Real-world seconds in the evidence's nanoseconds."""
        return int(self.run.scaled(real_seconds) * SECOND)

    def settled(self, measure: Callable[[], float], best: float, within_s: float) -> float:
        """What `measure` answers as soon as it is `best`, or else after `within_s` real-world seconds.

        Having nothing to measure, or a part that does not answer, counts only if it is so at the end.
        """
        found: list[float] = []
        problem: list[DeskstormError] = []

        def reached() -> bool:
            found.clear()
            problem.clear()
            try:
                found.append(measure())
            except (NoEvidence, Unreachable) as error:
                problem.append(error)
                return False
            return found[0] == best

        pace = max(LEAST_PACE_S, self.run.scaled(REAL_PACE_S))
        try:
            until(reached, self.question, self.run.scaled(within_s), every_s=pace)
        except Waited:
            if problem:
                raise problem[0] from None
        return found[0]


def measuring(configuration: Mapping[str, Any] | None, question: str) -> Measuring:
    """The run that `configuration` belongs to, as seen by the probe `question`."""
    return Measuring(run_of(configuration), question)


def _rows(url: str) -> list[dict[str, Any]]:
    try:
        answer = _client().get(f"{url}/desktops").raise_for_status()
    except httpx.HTTPError as error:
        raise Unreachable("the crowd", url, f"{type(error).__name__} {error}") from None
    return list(answer.json())


def _desktop(row: Mapping[str, Any]) -> Desktop:
    return Desktop(
        agent=str(row["agent"]),
        banner=str(row["banner"]),
        sockets=int(row["sockets"]),
        presence=str(row.get("presence") or ""),
        routing=str(row.get("routing") or ""),
        on_queue=bool(row.get("on_queue")),
        conversations={str(one["id"]): str(one["state"]) for one in row.get("conversations") or ()},
        row=row,
    )


@cache
def _client() -> httpx.Client:
    # One for all looks: each new client reads the system's certificates, which takes longer than a look.
    return httpx.Client(timeout=LEAST_TIMEOUT_S, trust_env=False)
