"""ACD and calls, stepped in virtual time."""

import itertools

import pytest

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.effects import (
    AcwStarted,
    Answered,
    ConversationChanged,
    Declined,
    Detail,
    Effect,
    MembershipChanged,
    Offered,
    RoutingChanged,
    WrappedUp,
)
from simulator.cloud.platform.model import (
    TIMEOUT_CODE,
    CallState,
    Media,
    Participant,
    Phase,
    Queue,
    RoutingStatus,
    Wrapup,
)
from simulator.cloud.platform.routing_core import RoutingCore

QUEUE, OTHER = "queue", "other"
ANN, BOB = "ann", "bob"
DONE = Wrapup("code", "Resolved", "all fine")


@pytest.fixture
def core() -> RoutingCore:
    numbers = itertools.count()
    queues = [Queue(QUEUE, "Chaos", {ANN: True, BOB: True}, 8_000, 120_000), Queue(OTHER, "Other", {BOB: True})]
    return RoutingCore(queues, {ANN: "Ann", BOB: "Bob"}, 0, lambda: f"id-{next(numbers)}")


def call(core: RoutingCore, now_ms: int = 1_000) -> list[Effect]:
    """A customer calls."""
    return core.place_call(now_ms, "call", QUEUE, "tel:+15550001", {"tier": "gold"})


def leg(core: RoutingCore, number: int = -1) -> Participant:
    """An agent's participant of the call, the newest by default."""
    return core.conversation("call").agents[number]


def answered(core: RoutingCore) -> Participant:
    """Ann is on the call since 2,000 ms."""
    core.set_on_queue(500, ANN, True)
    call(core)
    core.answer(2_000, "call", leg(core).id)
    return leg(core)


def without_details(effects: list[Effect]) -> list[Effect]:
    """The effects that are no detail events."""
    return [effect for effect in effects if not isinstance(effect, Detail)]


def details(effects: list[Effect]) -> list[str]:
    """The names of the detail events."""
    return [effect.name for effect in effects if isinstance(effect, Detail)]


def test_on_queue_makes_idle_and_anything_else_off_queue(core: RoutingCore) -> None:
    assert core.set_on_queue(1_000, ANN, True) == [RoutingChanged(ANN)]
    assert core.agents[ANN].status is RoutingStatus.IDLE
    assert core.set_on_queue(2_000, ANN, True) == []
    core.set_on_queue(3_000, ANN, False)
    assert core.agents[ANN].status is RoutingStatus.OFF_QUEUE


def test_a_call_waits_while_nobody_is_on_queue(core: RoutingCore) -> None:
    effects = call(core)
    assert details(effects) == ["customer.start", "acd.start"]
    assert core.conversation("call").phase is Phase.WAITING
    assert core.conversation("call").customer.attributes == {"tier": "gold"}


def test_a_waiting_call_alerts_at_whoever_comes_on_queue(core: RoutingCore) -> None:
    call(core)
    effects = core.set_on_queue(2_000, ANN, True)
    assert without_details(effects) == [RoutingChanged(ANN), Offered("call", ANN), ConversationChanged("call")]
    assert leg(core).state is CallState.ALERTING
    assert core.next_deadline() == 2_000 + 8_000


def test_the_longest_idle_agent_is_offered_the_call(core: RoutingCore) -> None:
    core.set_on_queue(100, BOB, True)
    core.set_on_queue(200, ANN, True)
    assert Offered("call", BOB) in call(core)


def test_one_who_left_the_queue_is_not_offered_its_calls(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    assert core.order_join(200, QUEUE, ANN, False) == []
    assert core.queues[QUEUE].members[ANN] is True
    assert core.expire(700) == [MembershipChanged(QUEUE, ANN)]
    assert core.queues[QUEUE].members[ANN] is False
    call(core)
    assert core.conversation("call").phase is Phase.WAITING


def test_joining_and_leaving_at_once_does_what_was_ordered_last(core: RoutingCore) -> None:
    core.order_join(0, QUEUE, ANN, False)
    core.order_join(1, QUEUE, ANN, True)
    assert core.expire(10_000) == []
    assert core.queues[QUEUE].members[ANN] is True


def test_answering_connects_the_agent_and_ends_the_waiting(core: RoutingCore) -> None:
    core.set_on_queue(500, ANN, True)
    call(core)
    effects = core.answer(2_000, "call", leg(core).id)
    assert without_details(effects) == [Answered("call", ANN), RoutingChanged(ANN), ConversationChanged("call")]
    assert details(effects) == ["acd.end"]
    assert core.conversation("call").phase is Phase.CONNECTED
    assert core.agents[ANN].status is RoutingStatus.INTERACTING
    assert core.next_deadline() is None


def test_answering_twice_is_answering_once(core: RoutingCore) -> None:
    participant = answered(core)
    assert core.answer(2_500, "call", participant.id) == []


def test_an_unanswered_alert_makes_not_responding_and_the_call_goes_to_the_next(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    core.set_on_queue(200, BOB, True)
    call(core)
    effects = core.expire(9_000)
    assert without_details(effects) == [
        Declined("call", ANN, "timeout"),
        RoutingChanged(ANN),
        Offered("call", BOB),
        ConversationChanged("call"),
    ]
    assert core.agents[ANN].status is RoutingStatus.NOT_RESPONDING
    assert leg(core, 0).disconnect_type == "transfer.noanswer"


def test_who_missed_a_call_and_is_idle_again_is_in_it_twice(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    call(core)
    core.expire(9_000)
    core.make_idle(10_000, ANN)
    assert [p.state for p in core.conversation("call").participants_of(ANN)] == [
        CallState.TERMINATED,
        CallState.ALERTING,
    ]


def test_declining_is_not_responding_too(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    call(core)
    assert Declined("call", ANN, "declined") in core.disconnect(2_000, "call", leg(core).id)
    assert core.agents[ANN].status is RoutingStatus.NOT_RESPONDING


def test_a_missed_call_cannot_be_answered_any_more(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    call(core)
    core.expire(9_000)
    with pytest.raises(ApiError) as refused:
        core.answer(9_001, "call", leg(core).id)
    assert (refused.value.status, refused.value.message) == (
        409,
        f"Participant {leg(core).id} is terminated and cannot be answered.",
    )


def test_off_queue_nobody_can_be_made_idle(core: RoutingCore) -> None:
    with pytest.raises(ApiError) as refused:
        core.make_idle(0, ANN)
    assert refused.value.status == 409


def test_hanging_up_ends_the_call_and_begins_after_call_work(core: RoutingCore) -> None:
    participant = answered(core)
    effects = core.disconnect(5_000, "call", participant.id)
    assert without_details(effects) == [AcwStarted("call", ANN, 125_000), ConversationChanged("call")]
    assert details(effects) == ["user.end", "customer.end"]
    assert (participant.state, participant.disconnect_type) == (CallState.DISCONNECTED, "client")
    assert core.conversation("call").end_ms == 5_000
    assert core.agents[ANN].status is RoutingStatus.INTERACTING
    assert core.acw_deadline("call", participant.id) == 125_000


def test_a_wrap_up_ends_after_call_work_and_makes_idle(core: RoutingCore) -> None:
    participant = answered(core)
    core.end(5_000, "call")
    effects = core.wrap_up(9_500, "call", participant.id, DONE, ANN)
    assert without_details(effects) == [
        WrappedUp("call", participant.id, ANN),
        RoutingChanged(ANN),
        ConversationChanged("call"),
    ]
    assert participant.wrapup == Wrapup("code", "Resolved", "all fine", (), 4, 9_500)
    assert (participant.state, core.agents[ANN].status) == (CallState.TERMINATED, RoutingStatus.IDLE)
    assert core.next_deadline() is None


def test_a_provisional_wrap_up_is_kept_and_after_call_work_goes_on(core: RoutingCore) -> None:
    participant = answered(core)
    core.end(5_000, "call")
    core.wrap_up(6_000, "call", participant.id, Wrapup("", notes="draft", provisional=True), ANN)
    assert core.conversation("call").phase is Phase.ACW
    core.expire(125_000)
    assert participant.wrapup is not None
    assert (participant.wrapup.code, participant.wrapup.notes) == (TIMEOUT_CODE, "draft")


def test_after_call_work_times_out_with_the_code_for_it(core: RoutingCore) -> None:
    participant = answered(core)
    core.end(5_000, "call")
    assert core.expire(124_999) == []
    effects = core.expire(125_000)
    assert WrappedUp("call", participant.id, "timeout") in effects
    assert participant.wrapup == Wrapup(TIMEOUT_CODE, TIMEOUT_CODE, "", (), 120, 125_000)
    assert core.agents[ANN].status is RoutingStatus.IDLE


def test_a_wrap_up_during_the_call_leaves_no_after_call_work(core: RoutingCore) -> None:
    participant = answered(core)
    core.wrap_up(3_000, "call", participant.id, DONE, ANN)
    core.end(5_000, "call")
    assert (participant.state, core.agents[ANN].status) == (CallState.TERMINATED, RoutingStatus.IDLE)


def test_a_later_wrap_up_replaces_the_earlier(core: RoutingCore) -> None:
    participant = answered(core)
    core.end(5_000, "call")
    core.wrap_up(6_000, "call", participant.id, DONE, ANN)
    version = core.conversation("call").version
    core.wrap_up(7_000, "call", participant.id, Wrapup("code", notes="by the supervisor"), "client")
    assert participant.wrapup is not None
    assert (participant.wrapup.notes, core.conversation("call").version) == ("by the supervisor", version + 1)


def test_one_who_never_took_the_call_has_nothing_to_wrap_up(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    call(core)
    with pytest.raises(ApiError) as refused:
        core.wrap_up(2_000, "call", leg(core).id, DONE, ANN)
    assert refused.value.status == 409


def test_skipping_the_wrap_up_ends_after_call_work(core: RoutingCore) -> None:
    participant = answered(core)
    core.end(5_000, "call")
    core.skip_wrap_up(6_000, "call", participant.id)
    assert (participant.wrapup_skipped, participant.wrapup, participant.state) == (True, None, CallState.TERMINATED)
    assert core.skip_wrap_up(7_000, "call", participant.id) == []


def test_hold_is_counted_and_ends_with_the_call(core: RoutingCore) -> None:
    participant = answered(core)
    core.hold(3_000, "call", participant.id, True)
    assert (participant.held, participant.hold_start_ms) == (True, 3_000)
    assert core.hold(3_500, "call", participant.id, True) == []
    effects = core.disconnect(5_000, "call", participant.id)
    ended = next(effect for effect in effects if isinstance(effect, Detail) and effect.name == "user.end")
    assert (ended.fields["heldDurationMs"], ended.fields["interactingDurationMs"]) == (2_000, 1_000)
    assert participant.held is False


def test_a_call_that_is_not_connected_cannot_be_held(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    call(core)
    with pytest.raises(ApiError) as refused:
        core.hold(2_000, "call", leg(core).id, True)
    assert refused.value.status == 409


def test_a_transfer_to_a_queue_leaves_the_agent_in_after_call_work(core: RoutingCore) -> None:
    participant = answered(core)
    effects = core.transfer_to_queue(4_000, "call", participant.id, OTHER)
    assert details(effects) == ["user.end", "acd.start"]
    assert (participant.disconnect_type, participant.in_acw) == ("transfer", True)
    assert core.conversation("call").phase is Phase.WAITING
    core.set_on_queue(5_000, BOB, True)
    assert (leg(core).user_id, leg(core).queue_id) == (BOB, OTHER)


def test_a_transfer_to_an_agent_who_misses_it_goes_back_to_the_queue(core: RoutingCore) -> None:
    participant = answered(core)
    core.transfer_to_agent(4_000, "call", participant.id, BOB)
    assert (leg(core).user_id, leg(core).state) == (BOB, CallState.ALERTING)
    effects = core.expire(12_000)
    assert Declined("call", BOB, "timeout") in effects
    assert core.agents[BOB].status is RoutingStatus.OFF_QUEUE
    assert core.conversation("call").phase is Phase.WAITING


def test_a_transfer_to_an_agent_who_has_a_call_is_refused(core: RoutingCore) -> None:
    participant = answered(core)
    with pytest.raises(ApiError) as refused:
        core.transfer_to_agent(4_000, "call", participant.id, ANN)
    assert refused.value.status == 409
    assert participant.state is CallState.CONNECTED


def test_a_caller_who_gives_up_abandons_and_nobody_is_blamed(core: RoutingCore) -> None:
    core.set_on_queue(100, ANN, True)
    call(core)
    effects = core.end(3_000, "call")
    assert Declined("call", ANN, "gone") in effects
    ended = next(effect for effect in effects if isinstance(effect, Detail) and effect.name == "acd.end")
    assert ended.fields["acdOutcome"] == "ABANDON"
    assert core.agents[ANN].status is RoutingStatus.IDLE
    assert core.end(4_000, "call") == []


def test_leaving_the_queue_in_a_call_keeps_the_call(core: RoutingCore) -> None:
    participant = answered(core)
    core.set_on_queue(3_000, ANN, False)
    assert (participant.state, core.agents[ANN].status) == (CallState.CONNECTED, RoutingStatus.OFF_QUEUE)
    core.set_on_queue(4_000, ANN, True)
    assert core.agents[ANN].status is RoutingStatus.INTERACTING


def test_attributes_are_added_to_those_there_are(core: RoutingCore) -> None:
    call(core)
    customer = core.conversation("call").customer
    assert details(core.set_attributes(2_000, "call", customer.id, {"step": "2"})) == ["attributes"]
    assert customer.attributes == {"tier": "gold", "step": "2"}


def test_what_is_not_there_is_not_found(core: RoutingCore) -> None:
    call(core)
    for ask in (
        lambda: core.conversation("nothing"),
        lambda: core.participant("call", "nobody"),
        lambda: core.place_call(0, "second", "nowhere", "tel:+1", {}),
        lambda: core.order_join(0, OTHER, ANN, True),
        lambda: core.set_member(0, QUEUE, "nobody", True),
    ):
        with pytest.raises(ApiError) as refused:
            ask()
        assert refused.value.status == 404


def test_a_voice_moves_to_a_phone_and_the_call_goes_on(core: RoutingCore) -> None:
    talking = answered(core)
    talking.media = Media(1, 2, (("127.0.0.1", 5004),))
    effects = core.fall_back(3_000, "call", talking.id, "tel:+18005550100")
    assert effects == [ConversationChanged("call")]
    assert (talking.media.fallback_number, talking.state) == ("tel:+18005550100", CallState.CONNECTED)


def test_a_call_without_a_voice_path_cannot_move_to_a_phone(core: RoutingCore) -> None:
    talking = answered(core)
    with pytest.raises(ApiError) as refusal:
        core.fall_back(3_000, "call", talking.id, "tel:+18005550100")
    assert (refusal.value.status, refusal.value.message) == (409, f"Participant {talking.id} has no media.")
