"""What the routing core holds: agents' routing, queues, conversations and their participants.

Times are epoch milliseconds in the cloud's own (scaled) time.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class RoutingStatus(StrEnum):
    """What ACD thinks an agent can take."""

    OFF_QUEUE = "OFF_QUEUE"
    IDLE = "IDLE"
    INTERACTING = "INTERACTING"
    NOT_RESPONDING = "NOT_RESPONDING"
    COMMUNICATING = "COMMUNICATING"


class CallState(StrEnum):
    """The state of one leg; `disconnected` may still be in after-call work, `terminated` is over."""

    ALERTING = "alerting"
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    TERMINATED = "terminated"


class Purpose(StrEnum):
    """What a participant is there for."""

    CUSTOMER = "customer"
    IVR = "ivr"
    ACD = "acd"
    AGENT = "agent"


class Phase(StrEnum):
    """Where a whole conversation is."""

    WAITING = "waiting"
    ALERTING = "alerting"
    CONNECTED = "connected"
    ACW = "acw"
    ENDED = "ended"


TIMEOUT_CODE = "ININ-WRAP-UP-TIMEOUT"


@dataclass(frozen=True)
class Wrapup:
    """An assigned wrap-up; a provisional one is kept and does not end the after-call work."""

    code: str
    name: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    duration_seconds: int | None = None
    end_ms: int | None = None
    provisional: bool = False


@dataclass(frozen=True)
class Media:
    """The voice of a connected leg: RTP with the relay at one of `candidates` (host, port).

    The desktop sends with `ssrc` and hears `remote_ssrc`. With a `fallback_number` the agent has moved to a phone, and
    the relay serves the leg no more.
    """

    ssrc: int
    remote_ssrc: int
    candidates: tuple[tuple[str, int], ...]
    fallback_number: str | None = None


@dataclass
class Participant:
    """One party of a conversation with its one leg, whose id is `communication_id`."""

    id: str
    communication_id: str
    purpose: Purpose
    state: CallState
    start_ms: int
    name: str = ""
    user_id: str | None = None
    queue_id: str | None = None
    peer_id: str | None = None
    connected_ms: int | None = None
    end_ms: int | None = None
    disconnect_type: str | None = None
    held: bool = False
    muted: bool = False
    hold_start_ms: int | None = None
    held_total_ms: int = 0
    wrapup_required: bool = False
    wrapup_skipped: bool = False
    wrapup: Wrapup | None = None
    acw_start_ms: int | None = None
    acw_end_ms: int | None = None
    media: Media | None = None
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def live(self) -> bool:
        """Whether the leg is alerting or connected."""
        return self.state in (CallState.ALERTING, CallState.CONNECTED)

    @property
    def in_acw(self) -> bool:
        """Whether after-call work is going on."""
        return self.acw_start_ms is not None and self.acw_end_ms is None


@dataclass
class Conversation:
    """A call: its participants in the order of joining, and the version (from 1) of what can be read of it."""

    id: str
    queue_id: str
    ani: str
    dnis: str
    start_ms: int
    participants: list[Participant] = field(default_factory=list)
    end_ms: int | None = None
    modified_ms: int = 0
    version: int = 0

    @property
    def customer(self) -> Participant:
        """The one who called."""
        return self.participants[0]

    @property
    def agents(self) -> list[Participant]:
        """All agent participants, the gone ones too."""
        return [p for p in self.participants if p.purpose is Purpose.AGENT]

    @property
    def waiting(self) -> Participant | None:
        """The ACD participant, while the call is in a queue and nobody has answered."""
        for participant in self.participants:
            if participant.purpose is Purpose.ACD and participant.live:
                return participant
        return None

    @property
    def phase(self) -> Phase:
        """Where the whole conversation is."""
        states = {agent.state for agent in self.agents}
        if CallState.CONNECTED in states:
            return Phase.CONNECTED
        if CallState.ALERTING in states:
            return Phase.ALERTING
        if self.waiting is not None:
            return Phase.WAITING
        return Phase.ACW if any(agent.in_acw for agent in self.agents) else Phase.ENDED

    def participants_of(self, user_id: str) -> list[Participant]:
        """The participants that were offered to `user_id`, oldest first."""
        return [p for p in self.participants if p.user_id == user_id]


@dataclass
class Queue:
    """A queue and its members: user id to joined or not. Timeouts in the cloud's own time."""

    id: str
    name: str
    members: dict[str, bool] = field(default_factory=dict)
    alerting_timeout_ms: int = 8_000
    wrapup_timeout_ms: int = 120_000


@dataclass
class AgentRouting:
    """An agent as ACD sees it; `since_ms` is when `status` began, strictly increasing, `version` counts from 1."""

    id: str
    name: str
    since_ms: int
    on_queue: bool = False
    not_responding: bool = False
    status: RoutingStatus = RoutingStatus.OFF_QUEUE
    queues_changed_ms: int = 0
    version: int = 1
