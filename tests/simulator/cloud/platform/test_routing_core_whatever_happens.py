"""What holds in the routing core whatever agents, customers and time do."""

import itertools
from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.acd import AcwTimeout, AlertTimeout
from simulator.cloud.platform.effects import ConversationChanged, Effect, Offered, RoutingChanged
from simulator.cloud.platform.model import CallState, Phase, Queue, RoutingStatus, Wrapup
from simulator.cloud.platform.routing_core import RoutingCore

AGENTS = ("ann", "bob", "cid")
QUEUES = ("one", "two")
agents = st.sampled_from(AGENTS)
queues = st.sampled_from(QUEUES)
pick = st.integers(0, 30)


class Routing(RuleBasedStateMachine):
    """Throws every event at the core, possible or not."""

    def __init__(self) -> None:
        super().__init__()
        numbers = itertools.count()
        made = [Queue("one", "One", dict.fromkeys(AGENTS, True)), Queue("two", "Two", {"ann": True, "bob": False})]
        self.core = RoutingCore(made, {name: name for name in AGENTS}, 0, lambda: f"id-{next(numbers)}")
        self.now_ms = 0
        self.calls = 0
        self.versions: dict[str, tuple[int, int]] = {}

    def do(self, event: Callable[[], list[Effect]]) -> list[Effect]:
        """Let an event happen; one that is refused must leave no trace."""
        before = self.fingerprint()
        try:
            effects = event()
        except ApiError as refused:
            assert refused.status in (400, 404, 409)
            assert self.fingerprint() == before
            return []
        self.check_effects(effects)
        return effects

    def fingerprint(self) -> str:
        """All state as text."""
        core = self.core
        return repr((core.conversations, core.agents, core.queues, sorted(map(repr, core._timers.items()))))

    def check_effects(self, effects: list[Effect]) -> None:
        """Each change is told once, and each version is newer than the last."""
        changed = [effect.conversation_id for effect in effects if isinstance(effect, ConversationChanged)]
        assert len(changed) == len(set(changed))
        for id in changed:
            call = self.core.conversations[id]
            version, modified_ms = self.versions.get(id, (0, -1))
            assert call.version == version + 1
            assert call.modified_ms > modified_ms
            self.versions[id] = (call.version, call.modified_ms)
        for effect in effects:
            assert not isinstance(effect, RoutingChanged) or self.core.agents[effect.user_id].version > 1

    def leg(self, number: int) -> tuple[str, str]:
        """Some participant of some call."""
        legs = [(call.id, leg.id) for call in self.core.conversations.values() for leg in call.participants]
        return legs[number % len(legs)] if legs else ("nothing", "nobody")

    @rule(agent=agents, on_queue=st.booleans())
    def presence_changes(self, agent: str, on_queue: bool) -> None:
        self.do(lambda: self.core.set_on_queue(self.now_ms, agent, on_queue))

    @rule(agent=agents)
    def becomes_idle(self, agent: str) -> None:
        self.do(lambda: self.core.make_idle(self.now_ms, agent))

    @rule(agent=agents, queue=queues, joined=st.booleans())
    def joins(self, agent: str, queue: str, joined: bool) -> None:
        self.do(lambda: self.core.order_join(self.now_ms, queue, agent, joined))

    @rule(agent=agents, queue=queues, member=st.booleans())
    def is_made_member(self, agent: str, queue: str, member: bool) -> None:
        self.do(lambda: self.core.set_member(self.now_ms, queue, agent, member))

    @rule(queue=queues)
    def customer_calls(self, queue: str) -> None:
        self.calls += 1
        effects = self.do(lambda: self.core.place_call(self.now_ms, f"call-{self.calls}", queue, "tel:+1", {}))
        for offer in (effect for effect in effects if isinstance(effect, Offered)):
            agent = self.core.agents[offer.user_id]
            assert agent.status is RoutingStatus.IDLE
            assert self.core.queues[queue].members[agent.id] is True

    @rule(number=pick)
    def agent_answers(self, number: int) -> None:
        call, leg = self.leg(number)
        self.do(lambda: self.core.answer(self.now_ms, call, leg))

    @rule(number=pick)
    def somebody_hangs_up(self, number: int) -> None:
        call, leg = self.leg(number)
        self.do(lambda: self.core.disconnect(self.now_ms, call, leg))

    @rule(number=pick, held=st.booleans())
    def agent_holds(self, number: int, held: bool) -> None:
        call, leg = self.leg(number)
        self.do(lambda: self.core.hold(self.now_ms, call, leg, held))

    @rule(number=pick, queue=queues)
    def agent_transfers_to_a_queue(self, number: int, queue: str) -> None:
        call, leg = self.leg(number)
        self.do(lambda: self.core.transfer_to_queue(self.now_ms, call, leg, queue))

    @rule(number=pick, queue=queues)
    def somebody_moves_a_call(self, number: int, queue: str) -> None:
        call, _ = self.leg(number)
        self.do(lambda: self.core.move(self.now_ms, call, queue))

    @rule(number=pick, agent=agents)
    def agent_transfers_to_an_agent(self, number: int, agent: str) -> None:
        call, leg = self.leg(number)
        self.do(lambda: self.core.transfer_to_agent(self.now_ms, call, leg, agent))

    @rule(number=pick, provisional=st.booleans())
    def agent_wraps_up(self, number: int, provisional: bool) -> None:
        call, leg = self.leg(number)
        self.do(lambda: self.core.wrap_up(self.now_ms, call, leg, Wrapup("code", provisional=provisional), "ann"))

    @rule(pause_ms=st.integers(0, 130_000))
    def time_passes(self, pause_ms: int) -> None:
        self.now_ms += pause_ms
        self.do(lambda: self.core.expire(self.now_ms))

    @invariant()
    def nobody_has_two_calls(self) -> None:
        assert all(len(self.core.legs(agent)) <= 1 for agent in AGENTS)

    @invariant()
    def a_call_is_in_one_place(self) -> None:
        for call in self.core.conversations.values():
            live = [leg for leg in call.agents if leg.live]
            connected = [leg for leg in live if leg.state is CallState.CONNECTED]
            assert len(live) <= 1
            assert not (connected and call.waiting)
            assert (call.end_ms is None) == bool(live or call.waiting)

    @invariant()
    def no_call_waits_while_an_agent_could_take_it(self) -> None:
        for call in self.core.conversations.values():
            if call.phase is Phase.WAITING:
                members = self.core.queues[call.queue_id].members
                free = [
                    agent
                    for agent in AGENTS
                    if members.get(agent) and self.core.agents[agent].status is RoutingStatus.IDLE
                    if not self.core.legs(agent)
                ]
                assert not free

    @invariant()
    def the_routing_status_is_what_the_agent_does(self) -> None:
        for agent in self.core.agents.values():
            working = any(leg.state is not CallState.ALERTING for _, leg in self.core.legs(agent.id))
            if not agent.on_queue:
                assert agent.status is RoutingStatus.OFF_QUEUE
            else:
                assert (agent.status is RoutingStatus.INTERACTING) == working

    @invariant()
    def whatever_must_end_has_a_deadline_and_nothing_else_has(self) -> None:
        legs = [(call.id, leg) for call in self.core.conversations.values() for leg in call.agents]
        alerts = {AlertTimeout(id, leg.id) for id, leg in legs if leg.state is CallState.ALERTING}
        works = {AcwTimeout(id, leg.id) for id, leg in legs if leg.in_acw}
        assert {timer for timer in self.core._timers if isinstance(timer, AlertTimeout)} == alerts
        assert {timer for timer in self.core._timers if isinstance(timer, AcwTimeout)} == works

    def teardown(self) -> None:
        """When every customer has hung up and time has passed, nothing is left to do."""
        for id in list(self.core.conversations):
            self.core.end(self.now_ms, id)
        self.core.expire(self.now_ms + 200_000)
        assert all(call.phase is Phase.ENDED for call in self.core.conversations.values())
        assert not any(self.core.legs(agent) for agent in AGENTS)
        assert self.core.next_deadline() is None


TestRouting = Routing.TestCase
TestRouting.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
