"""What a conversation amounts to, worked out the slow and obvious way from its events in order, each once."""

from dataclasses import dataclass

from tracker.events import Event, Kind


@dataclass
class Truth:
    """What the ledger must say."""

    version: int
    open: bool
    current_queue: str | None
    visits: list[tuple[str, str | None, int | None, int | None, str | None]]
    """queue, participant, entered, left, outcome."""
    transitions: list[tuple[str, str, int]]
    bounces: int


def truth(in_order: list[Event]) -> Truth:
    """The truth about events that are in order, without repetitions and without a gap in the middle."""
    visits: list[list[object]] = []
    transitions: list[tuple[str, str, int]] = []
    over = False
    for event in in_order:
        assert event.kind not in (Kind.ACD_START, Kind.ACD_END) or event.queue is not None
        if event.kind is Kind.ACD_START:
            visits.append([event.queue, event.participant, event.at_ms, None, None])
            transitions.append(("enter", str(event.queue), event.at_ms))
        elif event.kind is Kind.ACD_END:
            (visit,) = [v for v in visits if v[1] == event.participant and v[0] == event.queue and v[3] is None]
            visit[3], visit[4] = event.at_ms, event.outcome
            transitions.append(("exit", str(event.queue), event.at_ms))
        over = over or event.kind is Kind.CUSTOMER_END
    inside = [str(visit[0]) for visit in visits if visit[3] is None]
    queues = {visit[0] for visit in visits}
    return Truth(
        version=len(in_order),
        open=not over,
        current_queue=inside[-1] if inside and not over else None,
        visits=[(str(v[0]), v[1], v[2], v[3], v[4]) for v in visits],  # type: ignore[misc]
        transitions=transitions,
        bounces=len(visits) - len(queues),
    )
