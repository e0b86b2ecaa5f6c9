"""A contact centre in virtual time around one session: it answers, drops and refuses, and says what must never be."""

import random
from typing import Any

from simulator.desktop.core import Identity, Wishes
from simulator.desktop.effects import (
    AbortSocket,
    Cancel,
    CloseSocket,
    CloseVoice,
    Effect,
    Keep,
    OpenSocket,
    OpenVoice,
    Record,
    Send,
)
from simulator.desktop.events import Event, Heard, LogIn, Replied, SocketClosed, SocketOpened, VoiceMeasured
from simulator.desktop.facts import AVAILABLE, OFFLINE, PRESENCE_IDS, written
from simulator.desktop.session import Session
from simulator.desktop.timings import Timings

AGENT = "agent-1"
IDS = {id: name for name, id in PRESENCE_IDS.items()}
RESTORE_S = 60.0
TOKEN_S = 1800.0
START = 1_800_000_000.0
FALLBACK_NUMBER = "tel:+18005550100"
PACKETS_A_SECOND = 50
MEDIA = {"ssrc": 1, "remoteSsrc": 2, "candidates": [{"host": "127.0.0.1", "port": 9}]}
REFUSED = {"code": "bad.credentials", "status": 401}


class Broken(AssertionError):
    """Something happened that must never happen."""


class VirtualWorld:
    """The server's truth, the sockets between, and one session. `step` and `advance` move time; nothing waits."""

    def __init__(self, kind: type[Session] = Session, seed: int = 0, timings: Timings | None = None) -> None:
        self.now = START
        self.kept: dict[str, Any] = {}
        self.records: list[Record] = []
        self.sends: list[Send] = []
        self.pending: dict[int, tuple[Send, Any]] = {}
        self.sockets: dict[int, str] = {}
        self.closing: set[int] = set()
        self.stalled = False
        self.token = 0
        self.token_expires = 0.0
        self.refresh_allowed = True
        self.channel = 0
        self.channels: dict[str, set[str]] = {}
        self.forbidden: set[str] = set()
        self.channel_of: dict[int, str] = {}
        self.system, self.message = OFFLINE, ""
        self.versions = 0
        self.version = self._next_version()
        self.routing = "OFF_QUEUE"
        self.alone_since: float | None = None
        self.conversations: dict[str, dict[str, Any]] = {}
        self.wrapups: list[dict[str, Any]] = []
        self.voices: dict[str, float] = {}
        self.voice_loss = 0.0
        self.speaks_at = START
        self.must_know = ""
        self.told = ""
        self.first_broken: Broken | None = None
        self.kind, self.seed, self.timings = kind, seed, timings or Timings()
        self.session = self.new_session()

    def new_session(self) -> Session:
        """A desktop that starts with what is kept."""
        identity = Identity(AGENT, "refresh-token", "client")
        return self.kind(identity, self.timings, random.Random(self.seed), Wishes(queue_id="q"), self.kept_now())

    def kept_now(self) -> dict[str, Any]:
        """What is on the desktop's disk."""
        return {name: value for name, value in self.kept.items() if value is not None}

    def broken(self, promise: str) -> Broken:
        """The error that says so; the first one counts."""
        self.first_broken = self.first_broken or Broken(promise)
        return self.first_broken

    # What happens

    def happen(self, event: Event) -> None:
        """Give the session an event and do what it wants."""
        self.do(self.session.handle(event, self.now))

    def log_in(self) -> None:
        """Start the desktop."""
        self.happen(LogIn())

    def do(self, effects: list[Effect]) -> None:
        """Do all that the session wants, and check that it may want it."""
        closed: list[int] = []
        for effect in effects:
            match effect:
                case Record():
                    self.records.append(effect)
                case Keep():
                    self.kept = {**self.kept, effect.name: effect.value}
                case Send():
                    self.send(effect)
                case Cancel():
                    self.pending.pop(effect.request, None)
                case OpenSocket():
                    self.begin_socket(effect)
                case CloseSocket():
                    self.closing.add(effect.socket)
                case AbortSocket():
                    closed.append(effect.socket)
                case _:
                    self.phone(effect)
        for socket in closed:
            self.end_socket(socket)

    def phone(self, effect: Effect) -> None:
        """A voice path begins or ends."""
        if isinstance(effect, OpenVoice):
            self.voices[effect.conversation] = self.now
        elif isinstance(effect, CloseVoice):
            self.voices.pop(effect.conversation, None)

    def send(self, send: Send) -> None:
        """A request is on its way."""
        self.check_send(send)
        self.sends.append(send)
        self.pending[send.request] = (send, self.read(send) if send.method == "GET" else None)

    def begin_socket(self, effect: OpenSocket) -> None:
        """A socket is being opened: never beside another."""
        if self.sockets:
            raise self.broken(f"a second socket beside {self.sockets}")
        self.sockets[effect.socket] = "opening"
        self.channel_of[effect.socket] = effect.uri.rsplit("/", 1)[-1]

    def check_send(self, send: Send) -> None:
        """Neither two refreshes at once, nor an old presence."""
        if send.login and any(other.login for other, _ in self.pending.values()):
            raise self.broken("a second refresh beside the first")
        if send.method == "PATCH" and "/presences/" in send.path:
            if not any(self.subscribed(socket) for socket in self.sockets):
                raise self.broken("a presence sent without knowing the server's")
            if (send.basis or "") < max(self.must_know, self.told):
                raise self.broken(f"a presence of {send.basis} sent over {self.must_know} (told: {self.told})")

    # Time

    def advance(self, seconds: float) -> None:
        """Let time go by; alarms ring in their order."""
        until = self.now + seconds
        while True:
            due = [at for at in (self.session.next_alarm, self.speaks_at if self.voices else None) if at is not None]
            if not due or min(due) > until:
                break
            self.now = max(self.now, min(due))
            self.expire()
            self.do(self.session.tick(self.now))
            self.speak()
        self.now = until
        self.expire()

    def expire(self) -> None:
        """What the server does by itself."""
        if self.alone_since is not None and self.now - self.alone_since >= RESTORE_S:
            self.alone_since = None
            self.set_presence(OFFLINE)

    def speak(self) -> None:
        """What a second of every voice path brought, or did not."""
        if self.now < self.speaks_at:
            return
        self.speaks_at = self.now + self.timings.voice_beat_s
        for conversation in list(self.voices):
            received = round(PACKETS_A_SECOND * (1.0 - self.voice_loss))
            if received:
                self.voices[conversation] = self.now
            heard = VoiceMeasured(conversation, PACKETS_A_SECOND if received else 0, received)
            effects = self.session.handle(heard, self.now)
            if any(isinstance(effect, OpenSocket | CloseSocket | AbortSocket) for effect in effects):
                raise self.broken("a socket touched for the sake of voice")
            self.do(effects)
            self.check_voice(conversation)

    def check_voice(self, conversation: str) -> None:
        """Silence is never shown as a good voice."""
        silent_s = self.now - self.voices.get(conversation, self.now)
        shown = self.session.voices[conversation].state if conversation in self.session.voices else ""
        if silent_s >= self.timings.voice_silence_s and shown == "good":
            raise self.broken(f"a good voice after {silent_s} s of silence")

    def heal(self, seconds: float = 400.0) -> None:
        """A world without faults, for a while: everything is answered within two seconds, heartbeats come."""
        self.stalled, self.voice_loss = False, 0.0
        until = self.now + seconds
        beat = self.now
        while self.now < until:
            self.settle()
            if self.now >= beat:
                beat = self.now + 30.0
                for socket in list(self.sockets):
                    if self.sockets.get(socket) == "open":
                        self.happen(Heard(socket, {"topicName": "channel.metadata", "eventBody": {}}))
            self.advance(2.0)

    def settle(self) -> None:
        """Answer and open everything that is asked for, also what that leads to."""
        for _ in range(100):
            if self.pending:
                self.answer(next(iter(self.pending)))
            elif "opening" in self.sockets.values():
                self.open_socket(next(s for s, state in self.sockets.items() if state == "opening"))
            elif self.closing & set(self.sockets):
                self.end_socket(next(iter(self.closing & set(self.sockets))), 1000)
            else:
                return
        raise self.broken("the session never comes to rest")

    # Requests

    def answer(self, request: int, late: bool = False) -> None:
        """Answer as a healthy server: `late` with what it knew when the request was sent."""
        send, known = self.pending.pop(request)
        if send.login:
            self.happen(
                self.new_token(send) if self.refresh_allowed else Replied(request, 400, {"error": "invalid_grant"})
            )
        elif send.token != self.current_token():
            self.happen(Replied(request, 401, REFUSED))
        elif send.method == "GET":
            body = known if late else self.read(send)
            self.note_told(body)
            self.happen(Replied(request, 200 if body is not None else 404, body))
        else:
            status, body = self.execute(send)
            self.note_told(body)
            self.happen(Replied(request, status, body))

    def fail(self, request: int, status: int, executed: bool = False, retry_after_s: float | None = None) -> None:
        """Answer with an error, or not at all (0); the request may have been executed for all that."""
        send, _ = self.pending.pop(request)
        if executed and not send.login and send.method != "GET" and send.token == self.current_token():
            self.execute(send)
        self.happen(Replied(request, status, REFUSED if status == 401 else None, retry_after_s))

    def new_token(self, send: Send) -> Replied:
        """The answer to a refresh."""
        self.token += 1
        self.token_expires = self.now + TOKEN_S
        return Replied(send.request, 200, {"access_token": f"token-{self.token}", "expires_in": TOKEN_S})

    def current_token(self) -> str | None:
        """The one token that is good."""
        return f"token-{self.token}" if self.now < self.token_expires else None

    def revoke(self) -> None:
        """No token is good any more."""
        self.token_expires = 0.0

    def note_told(self, body: Any) -> None:
        """What version of presence the session is told."""
        found = body.get("presence", body) if isinstance(body, dict) else {}
        if isinstance(found, dict) and "modifiedDate" in found:
            self.told = max(self.told, found["modifiedDate"])

    def read(self, send: Send) -> Any:
        """The body of a GET; None is a 404."""
        if "/presences/" in send.path:
            return self.presence()
        if send.path.startswith("/api/v2/users/"):
            routing = {"status": self.routing, "startTime": self.version}
            return {"id": AGENT, "presence": self.presence(), "routingStatus": routing}
        if send.path == "/api/v2/conversations":
            return {"entities": [c for c in self.conversations.values() if not _over(c)]}
        if send.path.endswith("/wrapupcodes"):
            return {"entities": [{"id": "code-1", "name": "Resolved"}]}
        return self.conversations.get(send.path.rsplit("/", 1)[-1])

    def execute(self, send: Send) -> tuple[int, Any]:
        """Do a request that is no GET."""
        if send.path.endswith("/channels"):
            self.channel += 1
            name = f"channel-{self.channel}"
            self.channels[name] = set()
            return 200, {"id": name, "connectUri": f"wss://streaming/channels/{name}"}
        if send.path.endswith("/subscriptions"):
            channel = send.path.split("/")[-2]
            if channel not in self.channels:
                return 404, None
            wanted = {topic["id"] for topic in send.body}
            if wanted & self.forbidden and send.query.get("ignoreErrors") != "true":
                return 403, {"code": "missing.permissions", "status": 403}
            self.channels[channel] = wanted - self.forbidden
            self.must_know = self.version
            return 200, {"entities": []}
        if "/presences/" in send.path:
            self.set_presence(IDS[send.body["presenceDefinition"]["id"]])
            return 200, self.presence()
        if send.path.endswith("/routingstatus"):
            return 200, {"status": "IDLE", "startTime": self._next_version()}
        return self.act(send)

    # Presence

    def presence(self) -> dict[str, Any]:
        """UserPresence."""
        definition = {"id": PRESENCE_IDS[self.system], "systemPresence": self.system}
        return {"presenceDefinition": definition, "modifiedDate": self.version, "message": self.message}

    def set_presence(self, system: str, message: str | None = None) -> None:
        """Somebody, or the platform, changes presence; the event goes to whoever is subscribed."""
        self.system, self.version = system, self._next_version()
        self.message = self.message if message is None else message
        if self.alone_since is not None:
            self.alone_since = self.now
        self.publish(f"v2.users.{AGENT}.presence", self.presence())

    def _next_version(self) -> str:
        # The server's clock need not be ours; it only has to go forward.
        self.versions += 1
        return written(START + self.versions / 1000) or ""

    def publish(self, topic: str, body: Any) -> None:
        """An event; without a socket that hears it, it is lost."""
        for socket in list(self.sockets):
            if self.subscribed(socket) and topic in self.channels[self.channel_of[socket]] and not self.stalled:
                self.note_told(body)
                self.happen(Heard(socket, {"topicName": topic, "eventBody": body}))

    def subscribed(self, socket: int) -> bool:
        """Whether events reach this socket."""
        return self.sockets.get(socket) == "open" and bool(self.channels.get(self.channel_of[socket]))

    # Sockets

    def open_socket(self, socket: int) -> None:
        """The handshake succeeds, unless the channel is gone."""
        if self.channel_of[socket] not in self.channels:
            self.end_socket(socket, status=404)
            return
        self.sockets[socket] = "open"
        self.alone_since = None
        if self.system == OFFLINE:
            self.set_presence(AVAILABLE)
        self.happen(SocketOpened(socket))

    def end_socket(self, socket: int, code: int = 1006, status: int = 0) -> None:
        """A socket is gone."""
        state = self.sockets.pop(socket, None)
        self.closing.discard(socket)
        if state is None:
            return
        if state == "open" and not self.sockets and self.system != OFFLINE:
            self.alone_since = self.now
        self.happen(SocketClosed(socket, code, status=status))

    def notice(self, name: str) -> None:
        """The platform speaks of the channel."""
        for socket in [s for s, state in self.sockets.items() if state == "open"]:
            self.happen(Heard(socket, {"topicName": f"v2.system.{name}", "eventBody": {}}))

    # Calls

    def place_call(self, name: str) -> None:
        """A call alerts."""
        mine = {"id": f"{name}-1", "userId": AGENT, "calls": [{"state": "alerting"}], "wrapupTimeoutMs": 120_000}
        self.conversations[name] = {"id": name, "version": 1, "participants": [{"id": "customer"}, mine]}
        self.tell(name)

    def end_call(self, name: str) -> None:
        """The customer hangs up: after-call work begins for a call that was answered."""
        mine = self.mine(name)
        answered = mine["calls"][0]["state"] == "connected"
        mine["calls"][0] = {"state": "disconnected"}
        if answered:
            mine["startAcwTime"] = written(self.now)
        self.changed(name)

    def mine(self, name: str) -> dict[str, Any]:
        """The agent's participant."""
        found: dict[str, Any] = self.conversations[name]["participants"][-1]
        return found

    def changed(self, name: str) -> None:
        """A new version of a conversation."""
        self.conversations[name]["version"] += 1
        self.tell(name)

    def tell(self, name: str) -> None:
        """Publish it."""
        self.publish(f"v2.users.{AGENT}.conversations", _copy(self.conversations[name]))

    def act(self, send: Send) -> tuple[int, Any]:
        """PATCH of a participant, or the way to a phone for its voice."""
        if send.path.endswith("/fallback"):
            return self.fall_back(send.path.split("/")[-4])
        name = send.path.split("/")[-3]
        mine = self.mine(name)
        if "wrapup" in send.body:
            if "wrapup" in mine:
                raise self.broken("a wrap-up over another")
            self.wrapups.append(send.body["wrapup"])
            mine["wrapup"], mine["endAcwTime"] = send.body["wrapup"], written(self.now)
        elif send.body.get("state") == "connected" and mine["calls"][0]["state"] != "alerting":
            return 409, {"code": "conflict", "status": 409}
        elif "state" in send.body:
            talking = send.body["state"] == "connected"
            mine["calls"][0] = {"state": send.body["state"], **({"media": MEDIA} if talking else {})}
        self.changed(name)
        return 202, None

    def fall_back(self, name: str) -> tuple[int, Any]:
        """The voice of a call moves to a phone."""
        leg = self.mine(name)["calls"][0]
        if leg["state"] != "connected":
            return 409, {"code": "conflict", "status": 409}
        leg["media"] = {"fallbackNumber": FALLBACK_NUMBER}
        self.changed(name)
        return 200, {"phoneNumber": FALLBACK_NUMBER}

    # Questions

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The fields of all evidence of `kind`."""
        return [dict(record.fields) for record in self.records if record.kind == kind]

    def check_at_rest(self) -> None:
        """After a healthy while: connected, and the screen shows what is."""
        shown = self.session.snapshot()
        if shown["banner"] == "logged_out" and self.voices:
            raise self.broken(f"a voice path after the log-out: {self.voices}")
        if shown["banner"] == "logged_out":
            return
        if shown["banner"] != "connected" or list(self.sockets.values()) != ["open"]:
            raise self.broken(f"not connected in a healthy world: {shown['banner']}, {self.sockets}")
        if not any(self.subscribed(socket) for socket in self.sockets):
            raise self.broken("connected, and hears nothing")
        if shown["wrapup"] and shown["wrapup"]["state"] == "submitted" and not shown["wrapup"]["sent"]:
            raise self.broken(f"a wrap-up that was never sent: {shown['wrapup']}")
        if (shown["presence"], shown["presence_version"]) != (self.system, self.version):
            raise self.broken(f"shows {shown['presence']} of {shown['presence_version']}, not {self.presence()}")
        self.check_voices_at_rest()

    def check_voices_at_rest(self) -> None:
        """Every connected call, and no other, has a voice: a good path, or a phone."""
        talking = {name for name in self.conversations if self.mine(name)["calls"][0]["state"] == "connected"}
        shown = {name: line.state.value for name, line in self.session.voices.items()}
        by_path = {name for name, state in shown.items() if state == "good"}
        if set(shown) != talking or set(shown.values()) - {"good", "fallback"} or set(self.voices) != by_path:
            raise self.broken(f"voices {shown} over {set(self.voices)} for the calls {talking}")


def _over(conversation: dict[str, Any]) -> bool:
    mine = conversation["participants"][-1]
    return mine["calls"][0]["state"] == "disconnected" and ("startAcwTime" not in mine or "endAcwTime" in mine)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
