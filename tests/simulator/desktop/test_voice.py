"""The voice of a call as the session sees it, in virtual time: when it is bad, and what the agent is told."""

import pytest

from simulator.desktop.events import LogOut, Replied, VoiceMeasured
from tests.simulator.desktop.virtual_world import FALLBACK_NUMBER, VirtualWorld


def in_a_call() -> VirtualWorld:
    """A world whose agent talks to a customer over a good voice path."""
    world = VirtualWorld(seed=3)
    world.log_in()
    world.heal(20)
    world.place_call("c")
    world.heal(10)
    assert state(world) == "good"
    return world


def state(world: VirtualWorld) -> str:
    """What the agent is told of the voice; empty without a call."""
    voice = world.session.snapshot()["voice"]
    return voice["state"] if voice else ""


def lose(world: VirtualWorld, share: float, seconds: float, answered: bool = True) -> None:
    """So much of the voice is lost for a while, and nothing else."""
    world.voice_loss = share
    for _ in range(int(seconds)):
        world.advance(1.0)
        if answered:
            world.settle()


def fallbacks(world: VirtualWorld) -> list[str]:
    """The reasons that were given for wanting a number, in order."""
    return [send.body["reason"] for send in world.sends if send.path.endswith("/fallback")]


@pytest.mark.parametrize(
    ("share", "seconds", "told"),
    [(1.0, 3, "good"), (1.0, 7, "fallback"), (0.1, 60, "good"), (0.5, 3, "good"), (0.5, 9, "fallback")],
)
def test_a_dead_or_bad_path_leads_to_a_phone_and_a_hiccup_does_not(share: float, seconds: int, told: str) -> None:
    world = in_a_call()
    lose(world, share, seconds)
    assert state(world) == told


def test_the_agent_is_shown_the_number_and_the_path_is_hung_up_while_the_socket_stays() -> None:
    world = in_a_call()
    lose(world, 1.0, 10)
    shown = world.session.snapshot()
    assert shown["voice"] == {"conversation": "c", "state": "fallback", "number": FALLBACK_NUMBER}
    assert (shown["banner"], shown["conversations"][0]["state"]) == ("connected", "connected")
    assert (world.voices, fallbacks(world)) == ({}, ["silence"])
    assert world.of("media.fallback") == [{"conversation": "c", "number": FALLBACK_NUMBER}]
    assert [found["state"] for found in world.of("media.shown")] == ["starting", "good", "bad", "fallback"]
    assert len(world.of("socket.opening")) == 1


def test_a_path_that_loses_too_much_says_so() -> None:
    world = in_a_call()
    lose(world, 0.5, 10)
    assert fallbacks(world) == ["loss"]


def test_a_path_that_is_dead_from_the_start_leads_to_a_phone() -> None:
    world = VirtualWorld(seed=3)
    world.log_in()
    world.heal(20)
    world.place_call("c")
    lose(world, 1.0, 12)
    assert state(world) == "fallback"


def test_the_number_is_asked_for_until_the_server_has_one() -> None:
    world = in_a_call()
    lose(world, 1.0, 7, answered=False)
    assert state(world) == "bad"
    world.fail(next(iter(world.pending)), 503)
    lose(world, 1.0, 10)
    assert (state(world), len(fallbacks(world))) == ("fallback", 2)


def test_a_path_that_came_back_by_itself_is_good_again_and_nobody_asks_any_more() -> None:
    world = in_a_call()
    lose(world, 1.0, 6, answered=False)
    world.fail(next(iter(world.pending)), 503, retry_after_s=5.0)
    lose(world, 0.0, 30)
    assert (state(world), len(fallbacks(world))) == ("good", 1)


def test_a_call_that_ended_meanwhile_needs_no_number() -> None:
    world = in_a_call()
    lose(world, 1.0, 6, answered=False)
    world.end_call("c")
    world.heal(20)
    assert (state(world), world.voices, world.of("media.fallback")) == ("", {}, [])


def test_an_answer_without_a_number_is_no_number() -> None:
    world = in_a_call()
    lose(world, 1.0, 6, answered=False)
    world.happen(Replied(world.pending.popitem()[0], 200, {"phoneNumber": None}))
    assert state(world) == "bad"


def test_a_lost_socket_leaves_the_voice_alone() -> None:
    world = in_a_call()
    for socket in list(world.sockets):
        world.end_socket(socket)
    assert (state(world), set(world.voices)) == ("good", {"c"})


def test_the_voice_ends_with_the_call_and_with_the_session() -> None:
    ended, left = in_a_call(), in_a_call()
    ended.end_call("c")
    left.happen(LogOut())
    assert (ended.voices, state(ended), left.voices, state(left)) == ({}, "", {}, "")


def test_a_desktop_that_starts_anew_knows_that_the_voice_is_on_a_phone() -> None:
    world = in_a_call()
    lose(world, 1.0, 10)
    world.end_socket(next(iter(world.sockets)))
    world.session = world.new_session()
    world.log_in()
    world.heal(20)
    assert (world.session.snapshot()["voice"]["number"], world.voices) == (FALLBACK_NUMBER, {})


def test_news_of_a_path_that_was_hung_up_are_no_news() -> None:
    world = in_a_call()
    world.end_call("c")
    world.happen(VoiceMeasured("c", 50, 50))
    assert state(world) == ""
