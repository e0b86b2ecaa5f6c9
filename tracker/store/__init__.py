"""Where events are kept: durable before they are acknowledged."""

from tracker.settings import Settings
from tracker.store.protocol import Appended, DeadLetter, Store, StoreFailed
from tracker.store.sqlite import SqliteStore

__all__ = ["Appended", "DeadLetter", "Store", "StoreFailed", "build"]


def build(settings: Settings) -> Store:
    """The store that `settings` name, open. Raises `StoreFailed`."""
    return SqliteStore(settings.data)
