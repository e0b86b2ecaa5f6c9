"""How a tracker is asked, ours or any other: what it says is read once into plain types.

A tracker of dialect seed knows one question, the health query, and answers it with queue, bounces and transitions. What
a tracker has no answer to is `CannotTell`; an answer that is an error is `TrackerRefused`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from harness.errors import BadInput, CannotTell, DeskstormError, Unreachable
from harness.trust import trust
from harness.world import Dialect, World

HEALTH = "/api/v1/interactions/health"
PAGE_SIZE = 100  # more than that ours refuses
LIMIT_S = 10.0
NO_SUCH_PATH = (404, 405, 501)


class TrackerRefused(DeskstormError):
    """The tracker answered a question with an error."""

    def __init__(self, path: str, status: int, found: str) -> None:
        super().__init__(f"tracker {path}: expected success, found {status} {found}".strip())
        self.status = status


@dataclass(frozen=True)
class Transition:
    """`type` is enter or exit; `at_ms` is epoch milliseconds."""

    type: str
    queue: str
    at_ms: int


@dataclass(frozen=True)
class Visit:
    """One stay in a queue as the tracker tells it; None for what it does not know (yet)."""

    queue: str
    entered_ms: int | None
    left_ms: int | None
    dwell_ms: int | None


@dataclass(frozen=True)
class TrackerView:
    """What a tracker says of one conversation at one moment. None for what it does not say at all; `told` asks for it.

    `queue` is where the conversation waits now; None is nowhere if it `tells_queue`. Where a tracker tells no visits
    they are read from its transitions.
    """

    conversation: str
    queue: str | None
    tells_queue: bool
    bounces: int | None
    transitions: tuple[Transition, ...] | None
    visits: tuple[Visit, ...] | None
    version: int | None = None
    stuck: bool | None = None
    anomalous: bool | None = None
    open: bool | None = None
    participants: int | None = None
    enriched: bool | None = None

    def told(self, what: str) -> Any:
        """The field `what`; `CannotTell` if this tracker does not say it."""
        found = getattr(self, what)
        if found is None if what != "queue" else not self.tells_queue:
            raise CannotTell(what, "the tracker", "its health query does not say it")
        return found


class TrackerClient:
    """Asks the tracker of a world, past the wire. `BadInput` in a world without one.

    Each question raises `Unreachable` if there is no answer within `within_s`.
    """

    def __init__(self, world: World, within_s: float = LIMIT_S) -> None:
        if world.tracker is None:
            raise BadInput("this world", "one with a tracker", "one without")
        self.tracker = world.tracker
        headers = {"Authorization": f"Bearer {self.tracker.token}"} if self.tracker.token else {}
        checked = trust(self.tracker.url, None)
        self._past = httpx.Client(headers=headers, verify=checked, timeout=within_s, trust_env=False)
        proxy = world.wire.proxy if world.wire else None
        self._through = httpx.Client(proxy=proxy, headers=headers, verify=checked, timeout=within_s, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._past.close()
        self._through.close()

    def is_up(self) -> bool:
        """Whether it says that it lives."""
        try:
            return self._past.get(f"{self.tracker.url}/health").is_success
        except httpx.HTTPError:
            return False

    def deliver(self, event: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> int:
        """Deliver an event, or several at once, through the wire; the status, 0 if there was no answer."""
        try:
            return self._through.post(f"{self.tracker.url}/eventbridge", json=event).status_code
        except httpx.HTTPError:
            return 0

    def view(self, conversation: str) -> TrackerView | None:
        """What it says of one conversation; None if it does not know it."""
        answer = self._get(HEALTH, conversationId=conversation)
        if answer.status_code == 404:
            return None
        return view_of(conversation, self._object(HEALTH, answer), self.tracker.dialect)

    def conversations(self, state: str) -> list[str]:
        """The conversations that are open, stuck or anomalous; `CannotTell` for a tracker that lists none."""
        what = f"what is {state}"
        names = [_plain(one).get("conversationid") for one in self._pages("/api/v1/interactions", what, state=state)]
        if None in names:
            raise CannotTell(what, "the tracker", "its listing has entries without a conversation_id")
        return [str(name) for name in names]

    def metrics(self) -> dict[str, float]:
        """Its Prometheus metrics by name with labels; `CannotTell` for a tracker without."""
        answer = self._get("/metrics")
        if answer.status_code in NO_SUCH_PATH:
            raise CannotTell("its metrics", "the tracker", f"/metrics answers {answer.status_code}")
        lines = [line for line in self._whole("/metrics", answer).text.splitlines() if line and line[0] != "#"]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def _pages(self, path: str, what: str, **query: str) -> Iterator[Any]:
        """Every entity of a listing; `CannotTell` `what` if there is no such listing."""
        number, seen = 1, 0
        while True:
            answer = self._get(path, **query, pageSize=str(PAGE_SIZE), pageNumber=str(number))
            if answer.status_code in NO_SUCH_PATH:
                raise CannotTell(what, "the tracker", f"{path} answers {answer.status_code}")
            page = self._object(path, answer)
            entities = page.get("entities") or []
            yield from entities
            number, seen = number + 1, seen + len(entities)
            if not entities or seen >= int(page.get("total", 0)):
                return

    def _get(self, path: str, **query: str) -> httpx.Response:
        try:
            return self._past.get(f"{self.tracker.url}{path}", params=query)
        except httpx.HTTPError as error:
            raise Unreachable("the tracker", f"{self.tracker.url}{path}", f"{type(error).__name__} {error}") from None

    def _whole(self, path: str, answer: httpx.Response) -> httpx.Response:
        if not answer.is_success:
            raise TrackerRefused(path, answer.status_code, answer.text[:120])
        return answer

    def _object(self, path: str, answer: httpx.Response) -> dict[str, Any]:
        try:
            found = self._whole(path, answer).json()
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise TrackerRefused(path, answer.status_code, f"no JSON object: {answer.text[:80]}")
        return found


def view_of(conversation: str, found: Mapping[str, Any], dialect: Dialect) -> TrackerView:
    """The answer of a health query; `CannotTell` for one that holds no state."""
    state = found.get("current_state")
    if not isinstance(state, Mapping):
        raise CannotTell("the state of a conversation", "the tracker", "its health query holds no current_state")
    transitions = _transitions(state)
    visits = _visits(state, transitions)
    if dialect is Dialect.SEED:
        # The simplified state keeps the queue that was entered last, also after the conversation has left it.
        queue, tells_queue = (
            next((one.queue for one in reversed(visits or ()) if one.left_ms is None), None),
            visits is not None,
        )
    else:
        queue, tells_queue = state.get("queue_id") or None, "queue_id" in state
    enrichment, people = found.get("enrichment"), found.get("participants")
    return TrackerView(
        conversation=conversation,
        queue=queue,
        tells_queue=tells_queue,
        bounces=_number(state.get("bounce_count"), "bounces"),
        transitions=transitions,
        visits=visits,
        version=found.get("version"),
        stuck=state.get("is_stuck"),
        anomalous=state.get("is_anomalous"),
        open=state.get("open"),
        participants=None if people is None else len(people),
        enriched=enrichment.get("ok") if isinstance(enrichment, Mapping) else None,
    )


def paired(transitions: Sequence[Transition]) -> tuple[Visit, ...]:
    """The visits that transitions tell of, in their order: each exit ends the oldest open stay in its queue."""
    visits: list[Visit] = []
    for one in transitions:
        if one.type == "enter":
            visits.append(Visit(one.queue, one.at_ms, None, None))
            continue
        place = next((n for n, visit in enumerate(visits) if visit.queue == one.queue and visit.left_ms is None), None)
        if place is None:
            visits.append(Visit(one.queue, None, one.at_ms, None))
        else:
            entered = visits[place].entered_ms
            visits[place] = Visit(one.queue, entered, one.at_ms, None if entered is None else one.at_ms - entered)
    return tuple(visits)


def _transitions(state: Mapping[str, Any]) -> tuple[Transition, ...] | None:
    """None if it does not speak of them; a null is how some programs write an empty list."""
    return tuple(map(_transition, state["transitions"] or ())) if "transitions" in state else None


def _transition(one: Any) -> Transition:
    plain = _plain(one)
    kind = str(plain.get("type") or plain.get("eventtype") or "")
    queue, at_ms = plain.get("queueid"), instant_ms(plain.get("timestamp"))
    word = next((word for word in ("enter", "exit") if kind.endswith(word)), None)
    if word is None or queue is None or at_ms is None:
        raise CannotTell("its transitions", "the tracker", f"this one has no type, queue_id and timestamp: {one}")
    return Transition(word, str(queue), at_ms)


def _visits(state: Mapping[str, Any], transitions: Sequence[Transition] | None) -> tuple[Visit, ...] | None:
    if isinstance(state.get("visits"), list):
        return tuple(map(_visit, state["visits"]))
    return None if transitions is None else paired(transitions)


def _visit(one: Any) -> Visit:
    plain = _plain(one)
    queue, entered, left = plain.get("queueid"), instant_ms(plain.get("entered")), instant_ms(plain.get("left"))
    if queue is None or not plain.keys() & {"entered", "left"}:
        raise CannotTell("its visits", "the tracker", f"this one has no queue_id, entered and left: {one}")
    dwell_s = _number(plain.get("dwellseconds"), "the dwell of a visit")
    if dwell_s is not None:
        return Visit(str(queue), entered, left, round(dwell_s * 1000))
    return Visit(str(queue), entered, left, None if entered is None or left is None else left - entered)


def _plain(one: Any) -> dict[str, Any]:
    """Names as ours writes them, or as a program writes its own structures: `EventType`, `event_type`."""
    return {str(key).replace("_", "").lower(): value for key, value in one.items()} if isinstance(one, dict) else {}


def _number(found: Any, what: str) -> Any:
    if found is not None and (isinstance(found, bool) or not isinstance(found, int | float)):
        raise CannotTell(what, "the tracker", f"its health query says {found!r}, which is no number")
    return found


def instant_ms(found: object) -> int | None:
    """An RFC 3339 date as epoch milliseconds; None if it is none, or says that there is none (the year 1)."""
    try:
        moment = datetime.fromisoformat(str(found))
    except ValueError:
        return None
    return None if moment.year == 1 or moment.tzinfo is None else round(moment.timestamp() * 1000)
