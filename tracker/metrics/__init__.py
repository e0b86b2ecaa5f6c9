"""What the tracker measures of each stay in a queue, on its way to a time-series store; never on the delivery path."""

from secrets import randbits
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.metrics.writer import Metrics
    from tracker.settings import Settings


def build(settings: "Settings") -> "Metrics":
    """The metrics of a tracker: a spool in its data folder, and the store that its settings name, if any."""
    from tracker.metrics.store import Store
    from tracker.metrics.writer import Metrics

    tsdb = settings.tsdb
    connect = (lambda: Store(tsdb, settings.proxy, settings.ca)) if tsdb else None
    return Metrics(settings.data / "metrics.sqlite", connect, seed=randbits(64))
