"""Calls that are put into a queue by others than their agents, and the flow before the first queue."""

import itertools

import pytest

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.effects import Declined, Detail, Effect
from simulator.cloud.platform.model import CallState, Phase, Purpose, Queue, RoutingStatus
from simulator.cloud.platform.routing_core import RoutingCore

QUEUE, EMPTY = "queue", "empty"
ANN = "ann"


@pytest.fixture
def core() -> RoutingCore:
    numbers = itertools.count()
    queues = [Queue(QUEUE, "Chaos", {ANN: True}, 8_000, 120_000), Queue(EMPTY, "Waiting 1")]
    return RoutingCore(queues, {ANN: "Ann"}, 0, lambda: f"id-{next(numbers)}")


def call(core: RoutingCore, queue: str, now_ms: int = 1_000) -> list[Effect]:
    return core.place_call(now_ms, "call", queue, "tel:+15550001", {})


def details(effects: list[Effect]) -> list[Detail]:
    return [effect for effect in effects if isinstance(effect, Detail)]


def test_a_waiting_call_that_is_put_into_its_own_queue_leaves_it_and_comes_back(core: RoutingCore) -> None:
    call(core, EMPTY)
    before = core.conversation("call").waiting
    left, entered = details(core.move(4_000, "call", EMPTY))
    assert (left.name, left.fields["acdOutcome"], left.fields["connectedDurationMs"]) == ("acd.end", "FLOW_OUT", 3_000)
    assert (entered.name, entered.fields["queueId"]) == ("acd.start", EMPTY)
    assert before is not None
    assert (left.participant_id, before.end_ms, before.disconnect_type) == (before.id, 4_000, "transfer")
    assert entered.participant_id != before.id
    assert core.conversation("call").phase is Phase.WAITING


def test_an_alerting_agent_is_not_blamed_for_a_call_that_is_moved(core: RoutingCore) -> None:
    core.set_on_queue(500, ANN, True)
    call(core, QUEUE)
    effects = core.move(2_000, "call", EMPTY)
    assert [detail.name for detail in details(effects)] == ["acd.end", "user.end", "acd.start"]
    assert Declined("call", ANN, "gone") in effects
    assert core.agents[ANN].status is RoutingStatus.IDLE


def test_a_call_in_hand_is_taken_from_its_agent_who_does_after_call_work(core: RoutingCore) -> None:
    core.set_on_queue(500, ANN, True)
    call(core, QUEUE)
    leg = core.conversation("call").agents[0]
    core.answer(2_000, "call", leg.id)
    effects = core.move(3_000, "call", QUEUE)
    assert [detail.name for detail in details(effects)] == ["user.end", "acd.start"]
    assert (leg.disconnect_type, leg.in_acw, leg.state) == ("transfer", True, CallState.DISCONNECTED)
    assert core.conversation("call").phase is Phase.WAITING


def test_a_call_that_is_over_or_a_queue_that_is_not_there_is_refused(core: RoutingCore) -> None:
    call(core, EMPTY)
    with pytest.raises(ApiError) as refused:
        core.move(2_000, "call", "nowhere")
    assert refused.value.status == 404
    core.end(3_000, "call")
    with pytest.raises(ApiError) as refused:
        core.move(4_000, "call", EMPTY)
    assert refused.value.status == 409


def test_a_flow_answers_before_the_queue_where_there_is_one(core: RoutingCore) -> None:
    core.flow_id = "flow-1"
    found = details(call(core, EMPTY))
    assert [detail.name for detail in found] == ["customer.start", "flow.start", "flow.end", "acd.start"]
    assert (found[1].fields["flowId"], found[2].fields["disconnectType"]) == ("flow-1", "TRANSFER")
    purposes = [participant.purpose for participant in core.conversation("call").participants]
    assert purposes == [Purpose.CUSTOMER, Purpose.IVR, Purpose.ACD]
    assert core.conversation("call").phase is Phase.WAITING


def test_a_call_that_nobody_takes_in_time_stays_in_its_one_stay(core: RoutingCore) -> None:
    core.set_on_queue(500, ANN, True)
    call(core, QUEUE)
    missed = details(core.expire(9_000))
    assert [(detail.name, detail.fields.get("disconnectType")) for detail in missed] == [
        ("user.end", "TRANSFER_NOANSWER")
    ]
    assert [detail.name for detail in details(core.make_idle(10_000, ANN))] == ["user.start"]
    ended = details(core.end(11_000, "call"))
    assert [detail.name for detail in ended] == ["acd.end", "user.end", "customer.end"]
    assert ended[0].fields["acdOutcome"] == "ABANDON"
