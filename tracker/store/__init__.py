"""Where events are kept: durable before they are acknowledged."""

from tracker.settings import Settings
from tracker.store.journal import JournalStore
from tracker.store.protocol import Appended, DeadLetter, Shared, Store, StoreFailed

__all__ = ["Appended", "DeadLetter", "Shared", "Store", "StoreFailed", "build"]


def build(settings: Settings) -> Store:
    """The store that `settings` name. Raises `StoreFailed`."""
    if settings.store != "sqlite":
        # Only who uses it needs the driver.
        from tracker.store.postgres import PostgresStore

        return PostgresStore(settings.store)
    return JournalStore(settings.data)
