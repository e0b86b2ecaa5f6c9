"""The restore window, stepped in virtual time."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cloud.platform.presence_core import PresenceChanged, PresenceCore
from simulator.cloud.platform.presences import Presence

WINDOW_MS = 60_000
AGENT = "agent"


@pytest.fixture
def core() -> PresenceCore:
    return PresenceCore([AGENT], 1_000)


def on_queue_with_a_socket(core: PresenceCore) -> None:
    """Bring the agent On Queue at 2,000 ms."""
    core.sockets_now(2_000, AGENT, 1)
    core.change(2_000, AGENT, AGENT, Presence.ON_QUEUE)


def test_at_boot_everybody_is_offline(core: PresenceCore) -> None:
    assert core.of(AGENT).presence is Presence.OFFLINE
    assert core.next_deadline() is None


def test_the_first_socket_logs_on_as_available(core: PresenceCore) -> None:
    assert core.sockets_now(2_000, AGENT, 1) == [PresenceChanged(AGENT, "log-on")]
    assert core.of(AGENT).presence is Presence.AVAILABLE


def test_a_short_gap_leaves_the_presence_as_it_was(core: PresenceCore) -> None:
    on_queue_with_a_socket(core)
    before = core.of(AGENT)
    core.sockets_now(10_000, AGENT, 0)
    assert core.next_deadline() == 10_000 + WINDOW_MS
    assert core.expire(10_000 + WINDOW_MS - 1) == []
    assert core.sockets_now(10_000 + WINDOW_MS - 1, AGENT, 1) == []
    assert (core.of(AGENT), core.next_deadline()) == (before, None)


def test_after_the_window_the_agent_is_offline_and_comes_back_available(core: PresenceCore) -> None:
    on_queue_with_a_socket(core)
    core.sockets_now(10_000, AGENT, 0)
    assert core.expire(10_000 + WINDOW_MS) == [PresenceChanged(AGENT, "restore-window")]
    assert core.of(AGENT).presence is Presence.OFFLINE
    core.sockets_now(99_000, AGENT, 1)
    assert core.of(AGENT).presence is Presence.AVAILABLE


def test_on_queue_comes_back_where_the_organization_restores_it(core: PresenceCore) -> None:
    core.settings = replace(core.settings, restore_on_queue=True)
    on_queue_with_a_socket(core)
    core.sockets_now(10_000, AGENT, 0)
    core.expire(10_000 + WINDOW_MS)
    core.sockets_now(99_000, AGENT, 1)
    assert core.of(AGENT).presence is Presence.ON_QUEUE


def test_only_on_queue_is_restored_after_the_window(core: PresenceCore) -> None:
    core.settings = replace(core.settings, restore_on_queue=True)
    core.sockets_now(2_000, AGENT, 1)
    core.change(2_000, AGENT, AGENT, Presence.MEAL)
    core.sockets_now(10_000, AGENT, 0)
    core.expire(10_000 + WINDOW_MS)
    core.sockets_now(99_000, AGENT, 1)
    assert core.of(AGENT).presence is Presence.AVAILABLE


def test_a_shorter_window_counts_for_those_who_are_away_already(core: PresenceCore) -> None:
    on_queue_with_a_socket(core)
    core.sockets_now(10_000, AGENT, 0)
    core.settings = replace(core.settings, window_ms=1_000)
    assert core.next_deadline() == 11_000


def test_a_presence_set_without_a_socket_starts_the_window_again(core: PresenceCore) -> None:
    on_queue_with_a_socket(core)
    core.sockets_now(10_000, AGENT, 0)
    core.change(40_000, AGENT, AGENT, Presence.BUSY)
    assert core.expire(10_000 + WINDOW_MS) == []
    assert core.next_deadline() == 40_000 + WINDOW_MS


def test_one_of_two_sockets_is_enough(core: PresenceCore) -> None:
    on_queue_with_a_socket(core)
    core.sockets_now(3_000, AGENT, 2)
    core.sockets_now(4_000, AGENT, 1)
    assert core.next_deadline() is None


def test_without_restoring_no_gap_is_short_enough(core: PresenceCore) -> None:
    core.settings = replace(core.settings, enabled=False)
    on_queue_with_a_socket(core)
    core.sockets_now(10_000, AGENT, 0)
    assert core.expire(10_000) == [PresenceChanged(AGENT, "restore-window")]


def test_a_message_alone_keeps_the_presence_and_counts_as_a_version(core: PresenceCore) -> None:
    on_queue_with_a_socket(core)
    version = core.of(AGENT).version
    core.change(2_000, AGENT, "client", message="back at noon")
    now = core.of(AGENT)
    assert (now.presence, now.message, now.version) == (Presence.ON_QUEUE, "back at noon", version + 1)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 90_000),
            st.one_of(st.sampled_from(list(Presence)), st.integers(0, 2)),
        ),
        max_size=40,
    )
)
def test_whatever_happens_dates_and_versions_only_grow(steps: list[tuple[int, Presence | int]]) -> None:
    core, now_ms, seen = PresenceCore([AGENT], 0), 0, (0, 1)
    for pause_ms, step in steps:
        now_ms += pause_ms
        changes = core.expire(now_ms)
        if isinstance(step, int):
            changes += core.sockets_now(now_ms, AGENT, step)
        else:
            changes += core.change(now_ms, AGENT, AGENT, step)
        found = core.of(AGENT)
        assert found.version == seen[1] + len(changes)
        assert not changes or found.modified_ms > seen[0]
        assert core.sockets(AGENT) == 0 or core.next_deadline() is None
        seen = (found.modified_ms, found.version)
