"""Where events are kept: durable before they are acknowledged."""

from tracker.settings import Settings
from tracker.store.journal import JournalStore
from tracker.store.protocol import Appended, DeadLetter, Shared, Store, StoreFailed

__all__ = ["Appended", "DeadLetter", "Shared", "Store", "StoreFailed", "build"]


def build(settings: Settings) -> Store:
    """The store that `settings` name. Raises `StoreFailed`."""
    found = _shared(settings.store) if settings.store != "sqlite" else JournalStore(settings.data)
    found.keep_s = settings.keep_s
    return found


def _shared(address: str) -> Store:
    # Only who uses it needs the driver.
    from tracker.store.postgres import PostgresStore

    return PostgresStore(address)
