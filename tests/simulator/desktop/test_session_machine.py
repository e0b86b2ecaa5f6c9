"""Whatever order of drops, 401s, 429s, silences, notices and log-outs comes, a healthy desktop keeps its promises.

The same machine is run on defects, to show that each promise can be broken and that this is noticed.
"""

from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from simulator.desktop import defects
from simulator.desktop.events import ChoosePresence, Heard, LogOut, WriteWrapup
from simulator.desktop.session import Session
from tests.simulator.desktop.virtual_world import Broken, VirtualWorld

PRESENCES = st.sampled_from(["AVAILABLE", "ON_QUEUE", "MEAL", "BREAK"])
STEPS = settings(
    max_examples=400,
    stateful_step_count=40,
    report_multiple_bugs=False,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class DesktopMachine(RuleBasedStateMachine):
    """`Broken` is raised as soon as a promise is broken."""

    kind: ClassVar[type[Session]] = Session

    @initialize(seed=st.integers(0, 1000), up=st.booleans())
    def start(self, seed: int, up: bool) -> None:
        self.world = VirtualWorld(self.kind, seed)
        self.calls = 0
        self.world.log_in()
        if up:
            self.world.heal(5)

    def one(self, number: int) -> int | None:
        pending = list(self.world.pending)
        return pending[number % len(pending)] if pending else None

    @rule(number=st.integers(0, 9), late=st.booleans())
    def is_answered(self, number: int, late: bool) -> None:
        request = self.one(number)
        if request is not None:
            self.world.answer(request, late)

    @rule(
        number=st.integers(0, 9),
        status=st.sampled_from([0, 401, 403, 429, 500, 503]),
        executed=st.booleans(),
        retry_after_s=st.sampled_from([None, 3.0]),
    )
    def fails(self, number: int, status: int, executed: bool, retry_after_s: float | None) -> None:
        request = self.one(number)
        if request is not None:
            self.world.fail(request, status, executed and status not in (401, 429), retry_after_s)

    @rule()
    def all_is_answered(self) -> None:
        if not self.world.stalled:
            self.world.settle()

    @rule(refused=st.booleans())
    def socket_opens(self, refused: bool) -> None:
        for socket in [s for s, state in self.world.sockets.items() if state == "opening"]:
            if refused:
                self.world.end_socket(socket, status=503)
            else:
                self.world.open_socket(socket)

    @rule(code=st.sampled_from([1000, 1001, 1006, 1008]))
    def socket_drops(self, code: int) -> None:
        for socket in list(self.world.sockets):
            self.world.end_socket(socket, code)

    @rule(stalled=st.booleans())
    def socket_stalls(self, stalled: bool) -> None:
        self.world.stalled = stalled

    @rule()
    def heartbeat(self) -> None:
        for socket, state in list(self.world.sockets.items()):
            if state == "open" and not self.world.stalled:
                self.world.happen(Heard(socket, {"topicName": "channel.metadata", "eventBody": {}}))

    @rule(name=st.sampled_from(["socket_closing", "no_longer_subscribed.x", "token_revoked"]))
    def notice(self, name: str) -> None:
        if not self.world.stalled:
            self.world.notice(name)

    @rule()
    def token_is_revoked(self) -> None:
        self.world.revoke()

    @rule()
    def channels_are_gone(self) -> None:
        self.world.channels.clear()
        self.socket_drops(1001)

    @rule()
    def call_is_taken(self) -> None:
        self.call_comes()
        self.world.heal(6)

    @rule(lost=st.sampled_from([0.0, 0.1, 0.5, 1.0]), seconds=st.sampled_from([1.0, 12.0]))
    def voice_is_lost(self, lost: float, seconds: float) -> None:
        self.world.voice_loss = lost
        self.world.advance(seconds)

    @rule(seconds=st.sampled_from([0.5, 2.0, 10.0, 36.0, 70.0, 300.0]))
    def time_goes_by(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(system=PRESENCES, message=st.sampled_from(["", "by the supervisor"]))
    def supervisor_sets_presence(self, system: str, message: str) -> None:
        self.world.set_presence(system, message)

    @rule(system=PRESENCES)
    def agent_chooses_presence(self, system: str) -> None:
        self.world.happen(ChoosePresence(system))

    @rule()
    def call_comes(self) -> None:
        self.calls += 1
        self.world.place_call(f"call-{self.calls}")

    @rule()
    def call_ends(self) -> None:
        if self.calls:
            self.world.end_call(f"call-{self.calls}")

    @rule(submit=st.booleans())
    def agent_writes(self, submit: bool) -> None:
        self.world.happen(WriteWrapup("notes", submit=submit))

    @rule()
    def agent_logs_out_and_in(self) -> None:
        self.world.happen(LogOut())
        self.world.advance(200.0)
        if set(self.world.sockets) - self.world.closing:
            raise self.world.broken("a socket after the log-out")
        self.world.log_in()

    def teardown(self) -> None:
        if hasattr(self, "world") and self.world.first_broken is None:
            self.world.heal()
            self.world.check_at_rest()


def machine(kind: type[Session]) -> type[DesktopMachine]:
    """The machine around a session of `kind`."""
    return type("Machine", (DesktopMachine,), {"kind": kind})


def test_a_healthy_desktop_keeps_its_promises() -> None:
    run_state_machine_as_test(machine(Session), settings=STEPS)


@pytest.mark.parametrize(
    ("defect", "broken"),
    [
        ("double_socket", "a second socket"),
        ("refresh_herd", "a second refresh"),
        ("zombie", "not connected in a healthy world"),
        ("stale_overwrite", "a presence of"),
        ("deaf_after_reconnect", "hears nothing|without knowing"),
        ("no_state_refetch", "shows|a presence of|without knowing"),
        ("resurrected_after_logout", "a socket after the log-out"),
        ("voice_loss_unnoticed", "a good voice after"),
        ("reconnects_signalling_for_voice", "for the sake of voice"),
    ],
)
def test_the_machine_notices_a_desktop_that_breaks_one(defect: str, broken: str) -> None:
    # Any example will do, so none is made smaller, which takes minutes.
    found = settings(STEPS, phases=[Phase.generate])
    with pytest.raises(Broken, match=broken):
        run_state_machine_as_test(machine(defects.load(defect)), settings=found)
