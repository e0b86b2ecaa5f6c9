"""What the server says, read once at the border. Readers answer None for what is not there or not in shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# The same in every organization and region.
PRESENCE_IDS = {
    "AVAILABLE": "6a3af858-942f-489d-9700-5f9bcdcdae9b",
    "BUSY": "31fe3bac-dea6-44b7-bed7-47f91660a1a0",
    "AWAY": "5e5c5c66-ea97-4e7f-ac41-6424784829f2",
    "BREAK": "227b37e2-f1d0-4dd0-8f50-badd7cf6d158",
    "MEAL": "3fd96123-badb-4f69-bc03-1b1ccc6d8014",
    "MEETING": "bbdff279-7ae1-48ea-bade-7831d7234c64",
    "TRAINING": "d2390a99-8546-bad9-8f0a-219548e8aeb0",
    "ON_QUEUE": "e08eaf1b-ee47-4fa9-a231-1200e284798f",
    "IDLE": "7ffa01cd-7866-4ad7-8faa-31e11b42f51f",
    "OFFLINE": "ccf3c10a-aa2c-4845-8e8d-f59fa48c58e5",
}
ON_QUEUE, AVAILABLE, OFFLINE = "ON_QUEUE", "AVAILABLE", "OFFLINE"
_SPELLINGS = {name.replace("_", ""): name for name in PRESENCE_IDS}


def spelt(system: object) -> str:
    """Any of the three spellings (`On Queue`, `OnQueue`, `ON_QUEUE`) as the last; an unknown one in capitals."""
    plain = str(system).replace(" ", "").replace("_", "").upper()
    return _SPELLINGS.get(plain, plain)


@dataclass(frozen=True)
class Presence:
    """A user's presence. `version` is the server's modifiedDate, comparable as text."""

    system: str
    version: str
    message: str = ""

    def newer_than(self, other: "Presence | None") -> bool:
        """Whether the server set this one later."""
        return other is None or self.version > other.version


def presence_in(body: Any) -> Presence | None:
    """The presence in a UserPresence or in the event of the same shape."""
    try:
        return Presence(
            spelt(body["presenceDefinition"]["systemPresence"]), str(body["modifiedDate"]), body.get("message") or ""
        )
    except (KeyError, TypeError, AttributeError):
        return None


@dataclass(frozen=True)
class Routing:
    """A user's routing status and since when."""

    status: str
    version: str


def routing_in(body: Any) -> Routing | None:
    """The routing status in `{status, startTime}`."""
    try:
        return Routing(str(body["status"]), str(body.get("startTime") or ""))
    except (KeyError, TypeError, AttributeError):
        return None


@dataclass(frozen=True)
class VoicePath:
    """Where the voice of a call is: the desktop sends with `ssrc` to a candidate (host, port), hears `remote_ssrc`."""

    ssrc: int
    remote_ssrc: int
    candidates: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Call:
    """A conversation as one agent sees it: the newest participant that is this agent.

    `state`: alerting, connected, wrapup (after-call work), ended. `version` only grows. `deadline_wall` is when
    after-call work ends by itself, in epoch seconds. `fallback_number` is dialled for a voice that moved to a phone.
    """

    id: str
    state: str
    version: int
    participant: str
    held: bool = False
    wrapup_code: str | None = None
    wrapup_notes: str | None = None
    wrapup_final: bool = False
    started_wall: float | None = None
    deadline_wall: float | None = None
    voice: VoicePath | None = None
    fallback_number: str | None = None


def call_in(body: Any, agent: str) -> Call | None:
    """What a Conversation, or the event of the same shape, says of `agent`; None if the agent has no part in it."""
    try:
        mine = [p for p in body["participants"] if agent in (p.get("userId"), (p.get("user") or {}).get("id"))]
        return _call(body, mine[-1]) if mine else None
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _call(body: Mapping[str, Any], mine: Mapping[str, Any]) -> Call:
    wrapup = mine.get("wrapup") or {}
    final = bool(wrapup) and not wrapup.get("provisional")
    started = moment(mine.get("startAcwTime"))
    timeout_ms = mine.get("wrapupTimeoutMs")
    deadline = started + timeout_ms / 1000 if started is not None and timeout_ms else None
    return Call(
        id=str(body["id"]),
        state=_state(mine, final),
        version=_version(body),
        participant=str(mine["id"]),
        held=any(leg.get("held") for leg in mine.get("calls") or [mine]),
        wrapup_code=str(wrapup.get("code") or "") if wrapup else None,
        wrapup_notes=wrapup.get("notes"),
        wrapup_final=final,
        started_wall=started,
        deadline_wall=deadline,
        voice=_voice(_media(mine)),
        fallback_number=_media(mine).get("fallbackNumber"),
    )


def _media(mine: Mapping[str, Any]) -> Mapping[str, Any]:
    told = [leg.get("media") for leg in mine.get("calls") or [mine] if leg.get("state") == "connected"]
    return next((media for media in told if media), {})


def _voice(media: Mapping[str, Any]) -> VoicePath | None:
    if not media.get("candidates"):
        return None
    candidates = tuple((str(one["host"]), int(one["port"])) for one in media["candidates"])
    return VoicePath(int(media["ssrc"]), int(media["remoteSsrc"]), candidates)


def _state(mine: Mapping[str, Any], wrapped_up: bool) -> str:
    states = [leg.get("state") for leg in mine.get("calls") or [mine]]
    for state in ("alerting", "connected"):
        if state in states:
            return state
    working = mine.get("startAcwTime") is not None and mine.get("endAcwTime") is None
    return "wrapup" if working and not wrapped_up and not mine.get("wrapupSkipped") else "ended"


def _version(body: Mapping[str, Any]) -> int:
    """The server's own version, or else the newest time that stands anywhere in the conversation, in ms."""
    if isinstance(body.get("version"), int):
        return int(body["version"])
    times = [moment(value) for value in _texts(body)]
    return int(max((t for t in times if t is not None), default=0.0) * 1000)


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for key, item in value.items() if key != "attributes" for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) and value[4:5] == "-" and value[-1:] == "Z" else []


def moment(text: object) -> float | None:
    """A date as Genesys writes it, in epoch seconds; None if it is none."""
    try:
        return datetime.fromisoformat(str(text)).timestamp() if text else None
    except ValueError:
        return None


def written(wall: float | None) -> str | None:
    """Epoch seconds as Genesys writes dates."""
    if wall is None:
        return None
    return datetime.fromtimestamp(wall, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
