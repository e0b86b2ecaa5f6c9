"""The service, killed and started again at any moment: what it acknowledged stays, and nothing else is invented."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.tracker.running import Running, acd, running
from tests.tracker.service.test_service import HEALTH, NOW_MS

pytestmark = pytest.mark.world

CONVERSATIONS = ("c-1", "c-2", "c-3")
Step = tuple[str, str, int]


@contextmanager
def mortal(folder: Path) -> Iterator[Running]:
    """A tracker that may be killed while the block lasts."""
    with ExitStack() as stack:
        started = stack.enter_context(running(folder))
        yield started
        if started.process.poll() is not None:
            # Killed by the test: its end is no end in order, and there is nothing to wait for.
            stack.pop_all()
            started.client.close()
            for pipe in (started.process.stdin, started.process.stdout):
                if pipe:
                    pipe.close()


def event_of(step: Step) -> dict[str, Any]:
    """The event of a conversation that enters or leaves a queue for the n-th time."""
    conversation, edge, visit = step
    at_ms = NOW_MS + visit * 100 + (50 if edge == "end" else 0)
    return acd(conversation, edge, at_ms, "billing", visit)


STEPS = st.tuples(st.sampled_from(CONVERSATIONS), st.sampled_from(["start", "end"]), st.integers(1, 12))


class KilledService(RuleBasedStateMachine):
    """Deliveries, one by one or in parallel, and SIGKILL between and amid them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.life = ExitStack()
        self.acknowledged: set[Step] = set()
        self.unknown: set[Step] = set()

    @initialize()
    def start(self) -> None:
        """The first life."""
        self.tracker = self.life.enter_context(mortal(Path(self.folder.name)))

    @rule(steps=st.lists(STEPS, min_size=1, max_size=5))
    def deliver(self, steps: list[Step]) -> None:
        """One batch."""
        self._told(steps, self.tracker.deliver(*map(event_of, steps)))

    @rule(steps=st.lists(STEPS, min_size=2, max_size=12))
    def deliver_in_parallel(self, steps: list[Step]) -> None:
        """Each on its own, over connections of their own."""
        with ThreadPoolExecutor(6) as crowd:
            answers = crowd.map(lambda step: self.tracker.deliver(event_of(step)), steps)
            for step, answer in zip(steps, answers, strict=True):
                self._told([step], answer)

    @rule(steps=st.lists(STEPS, min_size=4, max_size=24), after=st.integers(0, 20))
    def kill_amid_deliveries(self, steps: list[Step], after: int) -> None:
        """SIGKILL while they are on their way; who got no answer knows nothing."""

        def one(number: int) -> None:
            if number == after % len(steps):
                self.tracker.process.kill()
            try:
                self._told([steps[number]], self.tracker.deliver(event_of(steps[number])))
            except httpx.TransportError:
                self.unknown.add(steps[number])

        with ThreadPoolExecutor(6) as crowd:
            list(crowd.map(one, range(len(steps))))
        self._next_life()

    @rule()
    def kill(self) -> None:
        """SIGKILL while nothing happens."""
        self.tracker.process.kill()
        self._next_life()

    @rule()
    def restart(self) -> None:
        """An end in order, and a new beginning."""
        self.life.close()
        self.start()

    @invariant()
    def knows_what_it_acknowledged_and_nothing_else(self) -> None:
        """The state is that of the acknowledged events, and perhaps some that nobody knows of."""
        for conversation in CONVERSATIONS:
            sure = {step for step in self.acknowledged if step[0] == conversation}
            perhaps = {step for step in self.unknown if step[0] == conversation}
            answer = self.tracker.client.get(HEALTH, params={"conversationId": conversation})
            found = _steps(conversation, answer.json()) if answer.status_code == 200 else set()
            assert sure <= found <= sure | perhaps
            if answer.status_code == 200:
                assert answer.json()["version"] == len(found)

    def teardown(self) -> None:
        """The last end is in order."""
        self.life.close()
        self.folder.cleanup()

    def _told(self, steps: list[Step], answer: httpx.Response) -> None:
        assert answer.status_code == 200
        self.acknowledged.update(steps)

    def _next_life(self) -> None:
        self.tracker.process.wait()
        self.life.close()
        self.start()


def _steps(conversation: str, health: Any) -> set[Step]:
    edges = {"enter": "start", "exit": "end"}
    found = health["current_state"]["transitions"]
    return {(conversation, edges[one["type"]], int(one["participant_id"].rsplit("-", 1)[1])) for one in found}


def test_nothing_acknowledged_is_lost_and_nothing_invented_over_any_deaths() -> None:
    run_state_machine_as_test(
        KilledService,
        settings=settings(
            max_examples=6,
            stateful_step_count=6,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_defect_that_acknowledges_first_is_found_out(tmp_path: Path) -> None:
    with running(tmp_path / "first", defect="ack_before_durable") as tracker:
        assert tracker.deliver(acd("gone", "start", NOW_MS)).json()["accepted"] == 1
        assert tracker.client.get(HEALTH, params={"conversationId": "gone"}).status_code == 404
