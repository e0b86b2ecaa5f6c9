"""The ledger: what the events of each conversation amount to. Pure: no socket, no file, no clock, no await."""

from tracker.ledger.interaction import Condition, Interaction, Transition, Visit
from tracker.ledger.ledger import Change, Ledger
from tracker.ledger.limits import Limits, Thresholds
from tracker.settings import Settings

__all__ = ["Change", "Condition", "Interaction", "Ledger", "Limits", "Thresholds", "Transition", "Visit", "build"]


def build(settings: Settings, kind: type[Ledger] = Ledger) -> Ledger:
    """A ledger with the limits and the retention of `settings`."""
    queues = {queue: Limits(own.max_dwell_s, own.max_bounces) for queue, own in settings.queues.items()}
    default = Limits(settings.limits.max_dwell_s, settings.limits.max_bounces)
    return kind(Thresholds(default, queues), settings.retention_s)
