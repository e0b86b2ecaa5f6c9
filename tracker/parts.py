"""What a tracker is put together from: one factory for each part, so that a defect replaces exactly one of them."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tracker import alerts, diagnostics, ledger, metrics, store
from tracker.alerts.watch import watch
from tracker.book import Book
from tracker.envelope import Reader, reader
from tracker.intake import Intake
from tracker.ledger import Ledger
from tracker.listeners import Listeners
from tracker.settings import Settings
from tracker.store import Store


def _read(settings: Settings) -> Reader:
    return reader(settings.delivery.sources)


def _book(ledger: Ledger, store: Store, listeners: Listeners) -> Book:
    return Book(ledger, store, listeners)


@dataclass(frozen=True)
class Parts:
    """The factories, in the order of building; what needs other parts is given them, built."""

    ledger: Callable[[Settings], Any] = ledger.build
    store: Callable[[Settings], Any] = store.build
    metrics: Callable[[Settings], Any] = metrics.build
    alerts: Callable[[Settings], Any] = alerts.build
    diagnostics: Callable[[Settings], Any] = diagnostics.build
    watch: Callable[..., Coroutine[Any, Any, None]] = watch
    book: Callable[[Any, Any, Listeners], Any] = _book
    read: Callable[[Settings], Reader] = _read
    intake: Callable[[Reader, Any, Any], Any] = Intake


HEALTHY = Parts()
