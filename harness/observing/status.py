"""What the public API says about agents and conversations, read from its answers into plain values. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LIVE_STATES = frozenset({"alerting", "dialing", "contacting", "offering", "connected"})
AT_WORK = frozenset({"IDLE", "INTERACTING", "COMMUNICATING"})


@dataclass(frozen=True)
class AgentStatus:
    """An agent as the API shows it: presence as in events (`ON_QUEUE`), routing status, joined to the chaos queue.

    `modified` is when the presence changed, as the API spells it; `version` its number, where the API counts.
    """

    agent: str
    presence: str
    routing: str
    joined: bool
    message: str = ""
    modified: str = ""
    version: int | None = None

    @property
    def at_work(self) -> bool:
        """Whether calls can reach the agent: On Queue, joined to the queue, and not set aside by the routing."""
        return self.presence == "ON_QUEUE" and self.joined and self.routing in AT_WORK


@dataclass(frozen=True)
class Part:
    """One agent's newest part in a conversation. `wrapup` is `{"code", "notes", "provisional"}`, None while there is
    none.

    `acw_deadline_ms` is when the after-call work ends by itself (epoch milliseconds), None outside it.
    """

    agent: str
    participant: str
    state: str
    wrapup: dict[str, Any] | None
    acw_deadline_ms: int | None = None

    @property
    def live(self) -> bool:
        """Whether the agent is being offered the call, or is in it."""
        return self.state in LIVE_STATES


@dataclass(frozen=True)
class ConversationStatus:
    """A conversation with the agents in it, each by its newest participant; `state` is the liveliest of theirs."""

    id: str
    state: str
    version: int | None
    parts: tuple[Part, ...]
    ended: bool

    @property
    def over(self) -> bool:
        """Whether nothing about it will change any more: it has ended and nobody is in after-call work."""
        return self.ended and all(part.acw_deadline_ms is None and not part.live for part in self.parts)


def spelt_as_in_events(presence: object) -> str:
    """`On Queue`, `OnQueue` and `ON_QUEUE` as `ON_QUEUE`."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|\s+", "_", str(presence or "").strip())
    return words.upper()


def presence_of(user_presence: Mapping[str, Any] | None) -> str:
    """The system presence in a `UserPresence`."""
    definition = (user_presence or {}).get("presenceDefinition") or {}
    return spelt_as_in_events(definition.get("systemPresence"))


def member_status(member: Mapping[str, Any]) -> AgentStatus:
    """One entity of a queue's members, expanded with presence and routing status."""
    user = member.get("user") or {}
    presence = user.get("presence") or member.get("presence") or {}
    routing = member.get("routingStatus") or user.get("routingStatus") or {}
    return _status(str(member["id"]), presence, routing, bool(member.get("joined")))


def user_status(user: Mapping[str, Any], joined: bool) -> AgentStatus:
    """A user expanded with presence and routing status."""
    return _status(str(user["id"]), user.get("presence") or {}, user.get("routingStatus") or {}, joined)


def _status(agent: str, presence: Mapping[str, Any], routing: Mapping[str, Any], joined: bool) -> AgentStatus:
    return AgentStatus(
        agent=agent,
        presence=presence_of(presence),
        routing=str(routing.get("status", "OFF_QUEUE")),
        joined=joined,
        message=str(presence.get("message") or ""),
        modified=str(presence.get("modifiedDate") or ""),
        version=presence.get("version"),
    )


def conversation_status(conversation: Mapping[str, Any]) -> ConversationStatus:
    """A `Conversation` of the API."""
    newest: dict[str, Part] = {}
    for participant in conversation.get("participants") or ():
        user = participant.get("userId")
        if user and participant.get("purpose") in ("agent", "user"):
            newest[str(user)] = _part(str(user), participant)
    parts = tuple(newest.values())
    ended = bool(conversation.get("endTime"))
    return ConversationStatus(
        id=str(conversation["id"]),
        state=_liveliest([part.state for part in parts], ended),
        version=conversation.get("version"),
        parts=parts,
        ended=ended,
    )


def _part(user: str, participant: Mapping[str, Any]) -> Part:
    calls = participant.get("calls") or [{}]
    state = str(calls[-1].get("state") or ("disconnected" if participant.get("endTime") else "none"))
    return Part(
        agent=user,
        participant=str(participant["id"]),
        state=state,
        wrapup=_wrapup(participant.get("wrapup")),
        acw_deadline_ms=_acw_deadline_ms(participant),
    )


def _wrapup(wrapup: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not wrapup:
        return None
    return {
        "code": str(wrapup.get("code") or ""),
        "notes": str(wrapup.get("notes") or ""),
        "provisional": bool(wrapup.get("provisional")),
    }


def _acw_deadline_ms(participant: Mapping[str, Any]) -> int | None:
    started, timeout = participant.get("startAcwTime"), participant.get("wrapupTimeoutMs")
    if not started or participant.get("endAcwTime") or timeout is None:
        return None
    return int(datetime.fromisoformat(str(started)).timestamp() * 1000) + int(timeout)


def _liveliest(states: Iterable[str], ended: bool) -> str:
    found = set(states)
    for state in ("connected", "alerting", "contacting", "dialing", "offering"):
        if state in found:
            return state
    return "disconnected" if ended or found else "waiting"
