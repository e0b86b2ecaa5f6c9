"""What a healthy desktop does, step by step in virtual time."""

import random
from dataclasses import replace

import pytest

from simulator.desktop.backoff import Backoff
from simulator.desktop.effects import Say, Send
from simulator.desktop.events import ChoosePresence, LogIn, LogOut, Replied, WriteWrapup
from simulator.desktop.timings import Timings
from tests.simulator.desktop.virtual_world import AGENT, TOKEN_S, VirtualWorld


def up(timings: Timings | None = None) -> VirtualWorld:
    """A world whose desktop is connected and On Queue."""
    world = VirtualWorld(seed=3, timings=timings)
    world.log_in()
    world.heal(20)
    return world


def drop(world: VirtualWorld) -> None:
    """The socket is cut."""
    for socket in list(world.sockets):
        world.end_socket(socket)


def waiting(world: VirtualWorld) -> list[Send]:
    """The requests that have no answer yet."""
    return [send for send, _ in world.pending.values()]


def test_the_way_in_is_token_user_channel_topics_state_and_presence() -> None:
    world = up()
    assert [f"{send.method} {send.path.removeprefix('/api/v2')}" for send in world.sends] == [
        "POST /oauth/token",
        "GET /users/me",
        "POST /notifications/channels",
        "PUT /notifications/channels/channel-1/subscriptions",
        f"GET /users/{AGENT}",
        "GET /conversations",
        f"PATCH /users/{AGENT}/presences/PURECLOUD",
    ]


def test_the_token_is_refreshed_ahead_of_its_end_and_once() -> None:
    world = up()
    world.heal(TOKEN_S - 20 - 100)
    assert len(world.of("token.refreshing")) == 1
    world.heal(100)
    assert len(world.of("token.refreshing")) == 2
    assert 401 not in [result["status"] for result in world.of("write.result")]


def test_requests_wait_behind_a_refresh() -> None:
    world = up()
    world.session.refresh()
    world.do(world.session.taken())
    world.happen(ChoosePresence("Break"))
    assert [send.path for send in waiting(world)] == ["/oauth/token"]
    world.settle()
    assert world.system == "BREAK"


def test_a_failed_refresh_lets_requests_go_on_with_a_token_that_is_still_good() -> None:
    world = up()
    world.session.refresh()
    world.do(world.session.taken())
    world.fail(waiting(world)[0].request, 503)
    world.happen(ChoosePresence("Break"))
    assert [send.method for send in waiting(world)] == ["PATCH"]


def test_a_write_is_replayed_after_the_servers_own_401_and_its_outcome_is_told_once() -> None:
    world = up()
    world.revoke()
    world.happen(ChoosePresence("Break"))
    world.settle()
    writes = [send.write_id for send in world.sends if send.write_id]
    assert writes[1] == writes[2]
    assert [(r["write_id"], r["outcome"]) for r in world.of("write.result")][1:] == [(writes[1], "ok")]


def test_a_write_that_may_have_been_executed_is_looked_up_and_not_repeated() -> None:
    world = up()
    world.happen(ChoosePresence("Break"))
    world.fail(waiting(world)[0].request, 503, executed=True)
    world.heal(30)
    assert [r["outcome"] for r in world.of("write.result")] == ["ok", "unknown"]
    assert world.session.snapshot()["presence"] == "BREAK"


def test_a_presence_that_was_overtaken_while_it_waited_is_taken_back() -> None:
    world = up()
    world.session.refresh()
    world.do(world.session.taken())
    world.happen(ChoosePresence("Break"))
    world.set_presence("MEETING", "by the supervisor")
    world.settle()
    assert world.system == "MEETING"
    assert [(r["outcome"], r["status"]) for r in world.of("write.result")][1:] == [("failed", -1)]


def test_nothing_is_sent_before_a_retry_after_is_over() -> None:
    world = up()
    world.happen(ChoosePresence("Break"))
    world.fail(waiting(world)[0].request, 429, retry_after_s=10.0)
    world.advance(9.9)
    assert waiting(world) == []
    world.advance(2.1)
    assert "PATCH" in [send.method for send in waiting(world)]


def test_silence_is_asked_about_after_31_s_and_ends_the_socket_after_35_s() -> None:
    world = up()
    socket = next(iter(world.sockets))
    start = world.now - world.session.last_heard
    effects = world.session.tick(world.session.last_heard + 31.0)
    assert Say(socket, {"message": "ping"}) in effects
    world.do(effects)
    world.advance(34.9 - start)
    assert socket in world.sockets
    world.advance(1.0)
    assert socket not in world.sockets


def test_a_channel_is_renewed_before_its_day_is_over() -> None:
    world = up()
    puts = [send for send in world.sends if send.method == "PUT"]
    world.advance(0)
    world.heal(23 * 3600 + 60)
    again = [send for send in world.sends if send.method == "PUT" and send.path == puts[0].path]
    assert len(again) == 2


def test_a_channel_that_is_gone_is_replaced() -> None:
    world = up()
    world.channels.clear()
    drop(world)
    world.heal(30)
    world.check_at_rest()
    assert world.channel == 2


def test_a_supervisors_available_in_a_long_gap_is_not_overruled() -> None:
    world = up()
    drop(world)
    world.session.drop_alarm("reconnect")
    world.advance(40.0)
    world.set_presence("AVAILABLE")
    world.advance(40.0)
    world.session.retry()
    world.heal(60)
    assert world.system == "AVAILABLE"
    assert world.session.snapshot()["presence"] == "AVAILABLE"


def test_a_missed_call_leaves_the_agent_ready_again() -> None:
    world = up()
    world.routing = "NOT_RESPONDING"
    drop(world)
    world.heal(20)
    assert [send.body for send in world.sends if send.path.endswith("/routingstatus")] == [{"status": "IDLE"}]


def test_a_wrapup_submitted_in_an_outage_is_sent_once_after_it() -> None:
    world = up()
    world.place_call("c")
    world.heal(4)
    world.end_call("c")
    drop(world)
    world.happen(WriteWrapup("offline notes", "Resolved", submit=True))
    assert world.wrapups == []
    world.heal(60)
    assert world.wrapups == [{"code": "code-1", "notes": "offline notes"}]


def test_what_was_written_is_sent_just_before_the_server_ends_the_time() -> None:
    world = up()
    world.place_call("c")
    world.heal(4)
    world.end_call("c")
    world.happen(WriteWrapup("unfinished"))
    world.heal(117)
    assert world.wrapups == []
    world.heal(4)
    assert [wrapup["notes"] for wrapup in world.wrapups] == ["unfinished"]


def test_agents_write_by_themselves_where_they_are_set_to() -> None:
    world = up(replace(Timings(), auto_wrapup_s=10.0))
    world.place_call("c")
    world.heal(4)
    world.end_call("c")
    world.heal(14)
    assert len(world.wrapups) == 1


def test_after_a_log_out_nothing_that_was_on_its_way_comes_true() -> None:
    world = up()
    drop(world)
    world.advance(5.0)
    late = waiting(world)
    world.happen(LogOut())
    assert world.pending == {}
    for send in late:
        world.happen(Replied(send.request, 200, {}))
    world.advance(1000.0)
    assert (world.pending, world.sockets) == ({}, {})
    assert world.session.next_alarm is None


def test_who_is_logged_in_cannot_log_in() -> None:
    world = up()
    world.happen(LogIn())
    assert world.session.refusal == "the agent is logged in"


@pytest.mark.parametrize(("failures", "window"), [(0, 2.0), (1, 4.0), (4, 32.0), (6, 90.0), (1000, 90.0)])
def test_the_window_of_the_backoff_doubles_up_to_90_s(failures: int, window: float) -> None:
    backoff = Backoff(Timings(), random.Random(1), failures)
    assert backoff.window_s() == window
    assert 0.2 <= backoff.delay_s() <= window


def test_times_are_scaled_but_timeouts_stay_above_a_second() -> None:
    timings = Timings().scaled(0.01)
    assert timings.silence_s == pytest.approx(0.35)
    assert (timings.rest_timeout_s, timings.connect_timeout_s) == (1.0, 1.0)
    assert timings.auto_wrapup_s is None
