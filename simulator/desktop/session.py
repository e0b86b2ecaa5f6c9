"""One desktop: what it believes and what it does, as a state machine without socket, clock or await.

The layers, each knowing the ones before it: `core` (effects, alarms), `rest` (requests and the token), `connection`
(channel and socket), `standing` (presence and routing status), `work` (conversations), `wrapup`, `voice`. A defect is a
subclass that overrides one small method of any of them.
"""

from typing import Any

from simulator.desktop.connection import Phase
from simulator.desktop.effects import Effect
from simulator.desktop.events import (
    ChoosePresence,
    EndCall,
    Event,
    Heard,
    HoldCall,
    LogIn,
    LogOut,
    Replied,
    SocketClosed,
    SocketOpened,
    VoiceMeasured,
    WatchTopics,
    WriteWrapup,
)
from simulator.desktop.facts import written
from simulator.desktop.voice import Voice


class Session(Voice):
    """`handle` takes an event and the time, `tick` the time alone; both answer what should be done.

    `refusal` says why the newest wish of the agent was not possible, None if it was.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal: str | None = None
        self._banner: tuple[str, bool] | None = None

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take one event; `now` is epoch seconds and never goes back."""
        self.now = now
        self.refusal = self.happened(event)
        self.show_banner()
        return self.taken()

    def tick(self, now: float) -> list[Effect]:
        """Ring the alarms that are due."""
        effects = super().tick(now)
        self.show_banner()
        return effects + self.taken()

    def happened(self, event: Event) -> str | None:
        """Give the event to the layer that knows it; the answer is why a wish of the agent is not possible."""
        match event:
            case Replied():
                self.replied(event)
            case Heard():
                self.heard(event)
            case SocketOpened():
                self.socket_opened(event)
            case SocketClosed():
                self.socket_closed(event)
            case VoiceMeasured():
                self.voice_measured(event)
            case _:
                return self.wished(event)
        return None

    def wished(self, event: Event) -> str | None:
        """What a human agent does."""
        if isinstance(event, LogIn):
            return self.log_in()
        if self.phase is Phase.LOGGED_OUT:
            return "the agent is logged out"
        match event:
            case LogOut():
                self.log_out("by the agent")
            case ChoosePresence():
                return self.choose_presence(event)
            case WriteWrapup():
                return self.write_wrapup(event)
            case WatchTopics():
                self.watch_topics(event)
            case HoldCall() | EndCall():
                return self.act_on_call(event)
        return None

    def log_in(self) -> str | None:
        """Start with a fresh token."""
        if self.phase is not Phase.LOGGED_OUT:
            return "the agent is logged in"
        self.phase = Phase.OFFLINE
        self.record("logged_in")
        self.refresh()
        self.begin_attempt()
        return None

    def banner(self) -> str:
        """What the desktop says of its connection."""
        return self.phase.value

    def show_banner(self) -> None:
        """Record the banner if it changed."""
        shown = (self.banner(), self.connected)
        if shown != self._banner:
            self._banner = shown
            self.record("desktop.banner", banner=shown[0], connected=shown[0] == Phase.CONNECTED)

    def snapshot(self) -> dict[str, Any]:
        """What this desktop believes, in JSON values; the status endpoint shows it."""
        presence, draft = self.shown_presence(), self.draft_in_hand()
        return {
            "agent": self.agent,
            "banner": self.banner(),
            "connected": self.banner() == Phase.CONNECTED,
            "sockets": len(self.sockets),
            "heard_wall": written(self.last_heard) if self.last_heard else None,
            "presence": presence.system if presence else None,
            "presence_version": presence.version if presence else None,
            "presence_message": presence.message if presence else None,
            "routing": self.routing.status if self.routing else None,
            "on_queue": self.on_queue,
            "conversations": [{"id": c.id, "state": c.state, "version": c.version} for c in self.calls.values()],
            "wrapup": None
            if draft is None
            else {
                **draft.shown(),
                "started_wall": written(draft.started_wall),
                "sent": draft.sent,
                "version": draft.version,
            },
            "voice": self.shown_voice(),
            "topics": self.topics(),
            "refused": self.refused,
        }
