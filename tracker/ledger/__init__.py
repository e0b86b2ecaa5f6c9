"""The ledger: what the events of each conversation amount to. Pure: no socket, no file, no clock, no await."""

from tracker.ledger.interaction import Condition, Interaction, Transition, Visit
from tracker.ledger.ledger import Change, Ledger
from tracker.ledger.limits import Thresholds
from tracker.settings import Limits, Settings

__all__ = ["Change", "Condition", "Interaction", "Ledger", "Limits", "Thresholds", "Transition", "Visit", "build"]


def build(settings: Settings, kind: type[Ledger] = Ledger) -> Ledger:
    """A ledger with the limits and the retention of `settings`."""
    return kind(Thresholds(settings.limits, settings.queues), settings.retention_s)
