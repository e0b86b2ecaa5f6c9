"""A restart loses the alerts that their receivers did not have yet.

That they fire is remembered, so nobody says it again; that nobody was told of them is not.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tracker.alerts.book import Book
from tracker.alerts.desk import Alerts
from tracker.parts import Parts

SEEN_IN = "services that keep what they have to send in a queue in memory"


class OwesNothing(Book):
    """Begins with nothing to send."""

    def __init__(self, path: Path, sinks: Sequence[str]) -> None:
        super().__init__(path, sinks)
        self._db.execute("DELETE FROM pending")


class Forgetful(Alerts):
    """Has such a book."""

    book = OwesNothing


def plant(parts: Parts) -> Parts:
    """The defect is in the book of alerts."""
    return replace(parts, alerts=Forgetful)
