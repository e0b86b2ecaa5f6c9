"""What a tracker is put together from: one factory for each part, so that a defect replaces exactly one of them."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tracker.settings import Settings


@dataclass(frozen=True)
class Parts:
    """The factories, in the order of building. A factory that needs other parts is given them, built:

    `read(body)` parses a delivery; `ledger(settings)` folds events; `store(settings)` keeps them;
    `metrics(settings)`, `alerts(settings)` and `diagnostics(settings)` are what the outside sees;
    `book(settings, ledger, store, metrics, alerts)` joins ledger and store: an event is durable, then it counts;
    `intake(settings, read, book)` decides what a delivery is answered.
    """

    read: Callable[[bytes], Any]
    ledger: Callable[[Settings], Any]
    store: Callable[[Settings], Any]
    metrics: Callable[[Settings], Any]
    alerts: Callable[[Settings], Any]
    diagnostics: Callable[[Settings], Any]
    book: Callable[..., Any]
    intake: Callable[..., Any]


def _later(place: str) -> Callable[..., Any]:
    """The factory at "module:name", imported when it is called: a tracker without PostgreSQL needs no driver."""
    module, _, name = place.partition(":")

    def build(*given: Any) -> Any:
        return getattr(import_module(module), name)(*given)

    return build


def healthy() -> Parts:
    """A tracker without a defect."""
    return Parts(
        read=_later("tracker.envelope:read"),
        ledger=_later("tracker.ledger:build"),
        store=_later("tracker.store:build"),
        metrics=_later("tracker.metrics:build"),
        alerts=_later("tracker.alerts:build"),
        diagnostics=_later("tracker.diagnostics:build"),
        book=_later("tracker.book:build"),
        intake=_later("tracker.intake:build"),
    )
