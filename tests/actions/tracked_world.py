"""A world with a tracker for tests of what is done to it, and one in which nothing of that has any effect."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness import runtime
from harness.observing.tracker import TrackerClient
from harness.settings import RunSettings, TrackerSettings
from tests.actions.conftest import Live, live_world

FAULTS = ("tracker_killed", "tracker_paused")


@pytest.fixture(scope="module")
def tracked() -> Iterator[Live]:
    """The world with a tracker."""
    yield from live_world(RunSettings(agents=2, tracker=TrackerSettings()))


@pytest.fixture(scope="module")
def untouchable() -> Iterator[Live]:
    """The same where faults on its process silently do nothing."""
    yield from live_world(RunSettings(agents=2, tracker=TrackerSettings(), sabotage=FAULTS))


@pytest.fixture
def found_running(tracked: Live) -> Live:
    """The same world to those who take its tracker for one that was running before."""
    assert tracked.world.tracker is not None
    world = replace(tracked.world, tracker=replace(tracked.world.tracker, kept=False))
    path = tracked.started.world_file.with_name("found.json")
    world.write(path)
    return Live(replace(tracked.started, world=world), {runtime.WORLD_KEY: str(path)})


def is_up(live: Live) -> bool:
    """Whether the tracker answers."""
    with TrackerClient(live.world, within_s=1.0) as tracker:
        return tracker.is_up()


def knows(live: Live, conversation: str) -> bool:
    """Whether the tracker has heard of the conversation."""
    with TrackerClient(live.world) as tracker:
        return tracker.view(conversation) is not None
