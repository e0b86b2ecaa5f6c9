"""The shell around a session, where moments matter."""

import asyncio
import random
from pathlib import Path

from harness.evidence import EvidenceWriter, read
from simulator.desktop.connection import Phase
from simulator.desktop.core import Identity, Wishes
from simulator.desktop.events import LogIn, LogOut, Replied
from simulator.desktop.link import Link
from simulator.desktop.phone import Phones
from simulator.desktop.session import Session
from simulator.desktop.shell import Desktop
from simulator.desktop.store import Store
from simulator.desktop.timings import Timings

NOBODY = "http://127.0.0.1:9"
# Enough of a token, a user and a channel, whatever was asked for.
ANSWER = {
    "access_token": "a-token",
    "presence": {"presenceDefinition": {"systemPresence": "OFFLINE"}, "modifiedDate": "2026-01-01T00:00:00Z"},
    "id": "an-id",
    "connectUri": "ws://127.0.0.1:9/channels/an-id",
}


async def log_out_as_a_socket_is_asked_for(desktop: Desktop) -> None:
    """All in one moment: the task of the socket has not begun when it is aborted."""
    session = desktop.session
    desktop.happen(LogIn())
    for _ in range(5):
        for request in [*session.refreshes, *session.under_way]:
            if not session.sockets:
                desktop.happen(Replied(request, 200, ANSWER))
    assert len(session.sockets) == 1
    desktop.happen(LogOut())
    for _ in range(3):
        await asyncio.sleep(0)  # waits: the callbacks that are due


def test_a_socket_that_is_aborted_before_it_begins_is_closed_all_the_same(tmp_path: Path) -> None:
    async def play() -> Phase:
        timings = Timings()
        evidence, store = EvidenceWriter(tmp_path / "evidence", "crowd"), Store(tmp_path / "store")
        link = Link(NOBODY, NOBODY, None, None, timings.connect_timeout_s)
        session = Session(Identity("agent-1", "secret", "client"), timings, random.Random(1), Wishes(), {})
        desktop = Desktop(session, link, store, evidence, Phones(timings, 1.0, 1, evidence))
        await log_out_as_a_socket_is_asked_for(desktop)
        assert session.sockets == set()
        desktop.happen(LogIn())
        again = session.phase
        await desktop.stop()
        await link.close()
        store.close()
        evidence.close()
        return again

    assert asyncio.run(play()) is Phase.CONNECTING
    evidence = read(tmp_path / "evidence")
    assert len(evidence.of("socket.closed")) == 1
