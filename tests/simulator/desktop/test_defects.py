"""Each defect shows its symptom, and the healthy desktop does not: both go through the same story in virtual time."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import BadInput
from simulator.desktop import defects
from simulator.desktop.events import ChoosePresence, Heard, LogOut, Replied, WatchTopics, WriteWrapup
from simulator.desktop.session import Session
from tests.simulator.desktop.virtual_world import TOKEN_S, Broken, VirtualWorld

Story = Callable[[VirtualWorld], Any]


def up(kind: type[Session]) -> VirtualWorld:
    """A world whose desktop is connected and On Queue."""
    world = VirtualWorld(kind, seed=3)
    world.log_in()
    world.heal(20)
    return world


def drop(world: VirtualWorld) -> None:
    """The socket is cut."""
    for socket in list(world.sockets):
        world.end_socket(socket)


def outage(world: VirtualWorld, seconds: float) -> None:
    """No socket and no answer for a while."""
    drop(world)
    for _ in range(int(seconds)):
        world.advance(1.0)
        for request in list(world.pending):
            world.fail(request, 0)
        drop(world)


def call_in_wrapup(world: VirtualWorld, notes: str = "") -> None:
    """A call was taken and is over; the agent has begun to write."""
    world.place_call("c")
    world.heal(4)
    world.end_call("c")
    if notes:
        world.happen(WriteWrapup(notes))


def refreshes(world: VirtualWorld) -> int:
    return len(world.of("token.refreshing"))


# Stories: what is looked at is the answer


def no_token_any_more(world: VirtualWorld) -> str:
    world.revoke()
    drop(world)
    world.heal(60)
    return str(world.session.snapshot()["banner"])


def refresh_token_revoked(world: VirtualWorld) -> bool:
    world.refresh_allowed = False
    world.revoke()
    drop(world)
    world.heal(300)
    return refreshes(world) > 5


def events_after_a_drop(world: VirtualWorld) -> bool:
    drop(world)
    world.channels.clear()
    world.heal(20)
    return any(world.subscribed(socket) for socket in world.sockets)


def presence_set_in_a_gap(world: VirtualWorld) -> str:
    drop(world)
    world.set_presence("MEAL")
    world.heal(20)
    return f"{world.session.snapshot()['presence']} here, {world.system} there"


def gaps_between_attempts(world: VirtualWorld) -> list[float]:
    drop(world)
    gaps: list[float] = []
    last = world.now
    while len(gaps) < 5:
        due = world.session.alarms["reconnect"][0]
        gaps.append(round(due - last, 3))
        world.advance(due - world.now)
        world.now = last = due
        for socket in list(world.sockets):
            world.end_socket(socket, status=503)
        while world.pending and not world.sockets:
            world.answer(next(iter(world.pending)))
        drop(world)
    return gaps


def dead_socket(world: VirtualWorld) -> str:
    world.stalled = True
    socket = next(iter(world.sockets))
    world.advance(80.0)
    if socket in world.closing:
        return "waits for a dead peer"
    return "still believes in it" if socket in world.sockets else "aborted"


def closing_notice_and_drop(world: VirtualWorld) -> str:
    try:
        drop(world)
        world.heal(20)
        world.notice("socket_closing")
        world.heal(40)
    except Broken as error:
        return str(error)[:15]
    return "one socket"


def sent_again_after_429(world: VirtualWorld) -> bool:
    drop(world)
    world.session.channel = None
    world.advance(world.session.alarms["reconnect"][0] - world.now)
    before = len(world.sends)
    world.fail(next(iter(world.pending)), 429, retry_after_s=30.0)
    world.advance(29.0)
    return len(world.sends) > before


def log_out_on_the_way(world: VirtualWorld) -> str:
    drop(world)
    world.happen(LogOut())
    world.heal(60)
    return str(world.session.snapshot()["banner"])


def view_with_a_forbidden_topic(world: VirtualWorld) -> bool:
    world.forbidden.add("v2.routing.queues.q.users")
    world.happen(WatchTopics(("v2.routing.queues.q.users",)))
    world.heal(10)
    drop(world)
    world.heal(20)
    return any(world.subscribed(socket) for socket in world.sockets)


def write_that_meets_a_401(world: VirtualWorld) -> list[str]:
    world.revoke()
    world.happen(ChoosePresence("Break"))
    world.heal(10)
    outcomes = [result["outcome"] for result in world.of("write.result")][1:]
    return [*outcomes, f"at the server: {world.system}"]


def doubtful_401(world: VirtualWorld) -> int:
    """Somebody on the way answers 401 without the server's own body: the write may have been executed."""
    world.happen(ChoosePresence("Break"))
    request = next(iter(world.pending))
    write_id = world.pending[request][0].write_id
    send, _ = world.pending.pop(request)
    world.execute(send)
    world.happen(Replied(request, 401))
    world.heal(5)
    return sum(1 for send in world.sends if send.write_id == write_id)


def tokens_for_one_revocation(world: VirtualWorld) -> str:
    try:
        world.revoke()
        world.notice("token_revoked")
        world.heal(5)
    except Broken as error:
        return str(error)
    return "one refresh"


def presence_update_near_the_end(world: VirtualWorld) -> str:
    world.heal(TOKEN_S - 20 - 70)
    world.happen(ChoosePresence("Break"))
    world.heal(150)
    return str(world.session.snapshot()["banner"])


def slow_token_endpoint(world: VirtualWorld) -> str:
    """The answer takes 5 s; who waits for less time sees none."""
    world.heal(TOKEN_S - 20 - 200)
    while not any(send.login for send, _ in world.pending.values()):
        world.settle()
        world.advance(1.0)
    refresh = next(send for send, _ in world.pending.values() if send.login)
    if refresh.timeout_s < 5.0:
        world.fail(refresh.request, 0)
    world.advance(5.0)
    world.heal(30)
    return str(world.session.snapshot()["banner"])


def presence_chosen_after_a_drop(world: VirtualWorld) -> str:
    drop(world)
    world.heal(20)
    world.happen(ChoosePresence("Break"))
    world.heal(90)
    return world.system


def schedule_in_a_gap(world: VirtualWorld) -> str:
    outage(world, 10)
    world.set_presence("MEAL", "schedule")
    try:
        world.heal(60)
    except Broken as error:
        return str(error)[:13]
    return world.system


def wrapup_in_an_outage(world: VirtualWorld) -> tuple[str, bool]:
    call_in_wrapup(world, "notes of the agent")
    deadline = world.session.snapshot()["wrapup"]["deadline_wall"]
    outage(world, 60)
    world.heal(20)
    found = world.session.snapshot()["wrapup"]
    return found["notes"], found["deadline_wall"] == deadline


def wrapup_of_a_supervisor(world: VirtualWorld) -> list[str]:
    call_in_wrapup(world, "notes of the agent")
    outage(world, 30)
    world.mine("c")["wrapup"] = {"code": "code-9", "notes": "of the supervisor"}
    world.changed("c")
    try:
        world.heal(30)
    except Broken as error:
        return [str(error)]
    return [wrapup["notes"] for wrapup in world.wrapups]


def gap_beyond_the_restore_window(world: VirtualWorld) -> str:
    outage(world, 90)
    world.heal(60)
    return world.system


def offer_without_a_socket(world: VirtualWorld) -> list[str]:
    drop(world)
    world.place_call("c")
    for _ in range(7):
        for request, (send, _) in list(world.pending.items()):
            if "conversations" in send.path:
                world.answer(request)
        drop(world)
        world.advance(1.0)
    kinds = ("offer.accepted", "offer.declined")
    return [record.kind for record in world.records if record.kind in kinds]


def screen_without_a_socket(world: VirtualWorld) -> tuple[str, str]:
    drop(world)
    world.happen(ChoosePresence("Break"))
    shown = world.session.snapshot()
    return shown["banner"], shown["presence"]


def voice_path_that_dies(world: VirtualWorld) -> tuple[str, str]:
    world.place_call("c")
    world.heal(10)
    before = world.session.snapshot()["voice"]["state"]
    world.voice_loss = 1.0
    try:
        for _ in range(10):
            world.advance(1.0)
            world.settle()
    except Broken as error:
        return before, str(error)
    return before, world.session.snapshot()["voice"]["state"]


STORIES: dict[str, tuple[Story, Any, Any]] = {
    "zombie": (no_token_any_more, "connected", "connecting"),
    "endless_auth_retry": (refresh_token_revoked, False, True),
    "deaf_after_reconnect": (events_after_a_drop, True, False),
    "no_state_refetch": (presence_set_in_a_gap, "MEAL here, MEAL there", "ON_QUEUE here, MEAL there"),
    "half_open_unnoticed": (dead_socket, "aborted", "still believes in it"),
    "polite_close_on_dead_socket": (dead_socket, "aborted", "waits for a dead peer"),
    "double_socket": (closing_notice_and_drop, "one socket", "a second socket"),
    "retry_after_ignored": (sent_again_after_429, False, True),
    "resurrected_after_logout": (log_out_on_the_way, "logged_out", "connected"),
    "one_bad_topic_deafens": (view_with_a_forbidden_topic, True, False),
    "failed_post_executes": (
        write_that_meets_a_401,
        ["ok", "at the server: BREAK"],
        ["failed", "at the server: BREAK"],
    ),
    "refresh_herd": (tokens_for_one_revocation, "one refresh", "a second refresh beside the first"),
    "refresh_behind_presence": (presence_update_near_the_end, "connected", "logged_out"),
    "refresh_too_late": (slow_token_endpoint, "connected", "logged_out"),
    "presence_loop_dead": (presence_chosen_after_a_drop, "BREAK", "ON_QUEUE"),
    "stale_overwrite": (schedule_in_a_gap, "MEAL", "a presence of"),
    "wrapup_lost": (wrapup_in_an_outage, ("notes of the agent", True), ("", False)),
    "available_not_on_queue": (gap_beyond_the_restore_window, "ON_QUEUE", "AVAILABLE"),
    "accepts_while_unstable": (offer_without_a_socket, ["offer.declined"], ["offer.accepted"]),
    "voice_loss_unnoticed": (
        voice_path_that_dies,
        ("good", "fallback"),
        ("good", "a good voice after 5.0 s of silence"),
    ),
    "reconnects_signalling_for_voice": (
        voice_path_that_dies,
        ("good", "fallback"),
        ("good", "a socket touched for the sake of voice"),
    ),
    "ui_says_connected": (screen_without_a_socket, ("offline", "ON_QUEUE"), ("connected", "BREAK")),
}


@pytest.mark.parametrize("defect", STORIES)
def test_a_defect_shows_its_symptom_and_the_healthy_desktop_does_not(defect: str) -> None:
    story, healthy, sick = STORIES[defect]
    assert story(up(Session)) == healthy
    assert story(up(defects.load(defect))) == sick


def test_lockstep_waits_the_whole_window_and_the_healthy_desktop_jitters_below_it() -> None:
    windows = [2.0, 4.0, 8.0, 16.0, 32.0]
    assert gaps_between_attempts(up(defects.load("lockstep_reconnect"))) == windows
    healthy = gaps_between_attempts(up(Session))
    assert all(0 < gap <= window for gap, window in zip(healthy, windows, strict=True))
    assert healthy != windows


def test_hammering_never_slows_down() -> None:
    assert gaps_between_attempts(up(defects.load("hammering_reconnect"))) == [0.25] * 5


def test_stale_overwrite_also_writes_over_a_supervisors_wrapup() -> None:
    assert wrapup_of_a_supervisor(up(Session)) == []
    assert wrapup_of_a_supervisor(up(defects.load("stale_overwrite"))) == ["a wrap-up over another"]


def test_a_write_is_not_sent_again_after_a_401_of_somebody_on_the_way() -> None:
    assert doubtful_401(up(Session)) == 1
    with pytest.raises(Broken, match="a presence of"):
        doubtful_401(up(defects.load("failed_post_executes")))


def test_every_defect_has_a_story_here() -> None:
    assert sorted([*STORIES, "lockstep_reconnect", "hammering_reconnect"]) == defects.names()


def test_every_defect_says_its_symptom_and_where_it_was_seen() -> None:
    assert all(len(entry["symptom"]) > 20 and entry["seen_in"] for entry in defects.listing())


def test_an_unknown_defect_is_refused_with_the_list_of_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"defect: expected one of \['accepts_while_unstable'.*found 'zombi'"):
        defects.load("zombi")


def test_a_message_that_is_no_json_changes_nothing() -> None:
    world = up(Session)
    before = world.session.snapshot()
    messages: list[Any] = [None, [], {"topicName": 5}, {"topicName": "v2.users.agent-1.presence", "eventBody": "?"}]
    for message in messages:
        world.happen(Heard(next(iter(world.sockets)), message))
    assert {**world.session.snapshot(), "heard_wall": None} == {**before, "heard_wall": None}
