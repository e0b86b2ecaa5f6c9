"""What the cloud knows about a conversation, for whoever looks at one; without the cloud, why nothing is known."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tracker.diagnostics.enricher import Enricher
    from tracker.settings import Settings


def build(settings: "Settings") -> "Enricher | None":
    """The enrichment of a tracker; None if its settings name no cloud."""
    from tracker.diagnostics.enricher import Enricher

    return Enricher(settings.cloud, settings.proxy, settings.ca) if settings.cloud else None
