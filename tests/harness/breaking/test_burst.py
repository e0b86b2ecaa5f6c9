"""When a burst is over, by the evidence alone."""

import os
import subprocess
import sys

import pytest

from harness.breaking.burst import is_quiet
from harness.evidence import Entry, Evidence
from harness.keeping.processes import Identity

LONG_AGO = 1  # in nanoseconds of the clock: all has been quiet since


def evidence(who: Identity, *more: Entry) -> Evidence:
    """A burst of that process, of which one delivery was tried long ago and waits to be tried again."""
    started = {"conversations": {"c-1": 1}, "events": 1, "pid": who.pid, "start_time": who.start_time}
    tried = {"delivery": "d-1", "conversation": "c-1"}
    return Evidence(
        (
            Entry(LONG_AGO, "chaos", "burst.started", fields=started),
            Entry(LONG_AGO + 1, "chaos", "delivery.invoked", fields={**tried, "attempt": 1, "steps": []}),
            Entry(LONG_AGO + 2, "chaos", "delivery.unknown", fields={**tried, "status": 503}),
            *more,
        )
    )


@pytest.fixture
def ourselves() -> Identity:
    """The process of this test."""
    found = Identity.of(os.getpid())
    assert found is not None
    return found


def test_a_burst_that_waits_to_try_again_is_not_over(ourselves: Identity) -> None:
    assert not is_quiet(evidence(ourselves))
    assert is_quiet(evidence(ourselves, Entry(LONG_AGO + 3, "chaos", "burst.ended")))


def test_a_burst_is_over_with_the_process_that_made_it(ourselves: Identity) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        made = Identity.of(child.pid)
        assert made is not None
        assert not is_quiet(evidence(made))
        child.kill()
    assert is_quiet(evidence(made))
    assert is_quiet(evidence(Identity(ourselves.pid, ourselves.start_time - 1)))  # the pid came back
