"""The voice of the call in hand: watched apart from the socket, and moved to a phone where the path is no good.

Signalling and voice fail each on its own: a dead voice path is no reason to touch the socket, and a healthy socket is
no proof that anybody is heard. The path cannot be mended from here, so the desktop asks the server for a number that
the agent dials instead, and shows it.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any

from simulator.desktop.backoff import Backoff
from simulator.desktop.effects import CloseVoice, OpenVoice
from simulator.desktop.events import Replied, VoiceMeasured
from simulator.desktop.facts import Call, VoicePath
from simulator.desktop.timings import VOICE_LOSS_PERCENT
from simulator.desktop.work import participant_path
from simulator.desktop.wrapup import WrapUp


class VoiceState(StrEnum):
    """What the agent is told of the voice path."""

    STARTING = "starting"
    GOOD = "good"
    BAD = "bad"
    FALLBACK = "fallback"


@dataclass
class VoiceLine:
    """One voice path: `heard_at` is when something last arrived, `measured` what did lately, by time."""

    call: Call
    heard_at: float
    state: VoiceState = VoiceState.STARTING
    number: str | None = None
    measured: list[tuple[float, VoiceMeasured]] = field(default_factory=list)

    @property
    def loss_percent(self) -> float:
        """Lost of what was expected lately; 100 where nothing came."""
        expected = sum(found.expected for _, found in self.measured)
        received = sum(found.received for _, found in self.measured)
        return round(100.0 * max(0, expected - received) / expected, 1) if received else 100.0

    @property
    def jitter_ms(self) -> float:
        """The newest estimate."""
        return self.measured[-1][1].jitter_ms if self.measured else 0.0


class Voice(WrapUp):
    """The voice paths, by conversation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.voices: dict[str, VoiceLine] = {}
        self.voice_backoff = Backoff(self.timings, self.random)

    # Calls come and go

    def adopt_call(self, found: Call) -> None:
        """A voice path lasts as long as its call is connected."""
        super().adopt_call(found)
        self.follow_voice(self.calls[found.id])

    def forget_call(self, conversation: str) -> None:
        """A call that the server does not know has no voice."""
        super().forget_call(conversation)
        self.end_voice(conversation)

    def log_out(self, reason: str) -> None:
        """Nobody sits there any more."""
        super().log_out(reason)
        for conversation in list(self.voices):
            self.end_voice(conversation)

    def follow_voice(self, call: Call) -> None:
        """Open, move or end the voice path of a call, as the server has it."""
        line = self.voices.get(call.id)
        if line is not None and (call.state != "connected" or call.participant != line.call.participant):
            self.end_voice(call.id)
            line = None
        if call.state != "connected":
            return
        if call.fallback_number is not None:
            self.fell_back(line or self.new_line(call), call.fallback_number)
        elif line is None and call.voice is not None:
            self.open_voice(call, call.voice)

    def open_voice(self, call: Call, path: VoicePath) -> None:
        """Speak and listen."""
        self.want(OpenVoice(call.id, path.ssrc, path.remote_ssrc, path.candidates))
        self.show_voice(self.new_line(call), VoiceState.STARTING)

    def new_line(self, call: Call) -> VoiceLine:
        """A path that nothing is known of."""
        line = self.voices[call.id] = VoiceLine(call, self.now)
        return line

    def end_voice(self, conversation: str) -> None:
        """Hang up; nothing to do where there is no voice."""
        line = self.voices.pop(conversation, None)
        self.drop_alarm(f"fallback:{conversation}")
        if line is not None and line.state is not VoiceState.FALLBACK:
            self.want(CloseVoice(conversation))

    # Watching

    def voice_measured(self, event: VoiceMeasured) -> None:
        """What arrived since the last look."""
        line = self.voices.get(event.conversation)
        if line is None or line.state is VoiceState.FALLBACK:
            return
        if event.received:
            line.heard_at = self.now
        window = self.now - self.timings.voice_window_s
        line.measured = [(at, found) for at, found in line.measured if at > window] + [(self.now, event)]
        trouble = self.trouble(line)
        if trouble is None:
            self.voice_good(line)
        elif line.state is not VoiceState.BAD:
            self.voice_bad(line, trouble)

    def trouble(self, line: VoiceLine) -> str | None:
        """Why a conversation is not possible over this path; None where it is."""
        if self.now - line.heard_at >= self.timings.voice_silence_s:
            return "silence"
        half = self.timings.voice_window_s / 2
        if self.now - line.measured[0][0] >= half and line.loss_percent >= VOICE_LOSS_PERCENT:
            return "loss"
        return None

    def voice_good(self, line: VoiceLine) -> None:
        """The other end is heard."""
        if line.measured[-1][1].received:
            self.show_voice(line, VoiceState.GOOD)

    def voice_bad(self, line: VoiceLine, why: str) -> None:
        """Tell the agent, and ask for another way."""
        self.show_voice(line, VoiceState.BAD)
        self.ask_fallback(line, why)

    def show_voice(self, line: VoiceLine, state: VoiceState) -> None:
        """What the agent sees."""
        if state is line.state and line.measured:
            return
        line.state = state
        self.record(
            "media.shown",
            conversation=line.call.id,
            state=state.value,
            loss_percent=line.loss_percent,
            jitter_ms=line.jitter_ms,
        )

    # The way out

    def ask_fallback(self, line: VoiceLine, why: str) -> None:
        """Ask the server for a number; asked twice, it answers the same."""
        path = f"{participant_path(line.call)}/fallback"
        self.ask("POST", path, partial(self.fallback_answered, line, why), {"reason": why})

    def fallback_answered(self, line: VoiceLine, why: str, reply: Replied) -> None:
        """There is a number, or the call has to be looked at, or the server is asked again while it is needed."""
        number = reply.body.get("phoneNumber") if reply.ok and isinstance(reply.body, dict) else None
        if self.voices.get(line.call.id) is not line:
            return
        if isinstance(number, str):
            self.voice_backoff.reset()
            self.fell_back(line, number)
        elif line.state is VoiceState.BAD:
            if reply.status in (404, 409):
                self.read_call(line.call.id)
            wait = (reply.retry_after_s or 0.0) + self.voice_backoff.delay_s()
            self.set_alarm(f"fallback:{line.call.id}", wait, partial(self.ask_again, line, why))

    def ask_again(self, line: VoiceLine, why: str) -> None:
        """The voice may have come back meanwhile."""
        if self.voices.get(line.call.id) is line and line.state is VoiceState.BAD:
            self.ask_fallback(line, why)

    def fell_back(self, line: VoiceLine, number: str) -> None:
        """The voice is on a phone now; the path is of no use any more."""
        if line.state is VoiceState.FALLBACK:
            return
        self.want(CloseVoice(line.call.id))
        line.number = number
        self.record("media.fallback", conversation=line.call.id, number=number)
        self.show_voice(line, VoiceState.FALLBACK)

    def shown_voice(self) -> dict[str, Any] | None:
        """The voice of the call in hand on the screen: `{conversation, state, number}`; None where there is none."""
        line = next(reversed(self.voices.values()), None)
        return (
            None if line is None else {"conversation": line.call.id, "state": line.state.value, "number": line.number}
        )
