"""The enrichment of diagnostics goes on with a token that the cloud has revoked, until its time is over.

It is replaced ahead of its end, by the tracker's own clock alone: a 401 changes nothing.
"""

from dataclasses import replace

from tracker.diagnostics.enricher import Enricher
from tracker.diagnostics.token import Token, TokenCache
from tracker.parts import Parts
from tracker.settings import Settings

SEEN_IN = "seed 000"


class BelievesItsClock(TokenCache):
    """Knows nothing of revoked tokens."""

    def rejected(self, token: Token) -> None:
        """Nothing is learnt from that."""


def plant(parts: Parts) -> Parts:
    """The defect is in the client of the cloud."""
    return with_tokens(parts, BelievesItsClock)


def with_tokens(parts: Parts, kind: type[TokenCache]) -> Parts:
    """The parts with a client of the cloud, where there is one, that keeps its token in a cache of this kind."""

    def diagnostics(settings: Settings) -> Enricher | None:
        found: Enricher | None = parts.diagnostics(settings)
        if found is not None:
            found.tokens = kind(found.fetch_token)
        return found

    return replace(parts, diagnostics=diagnostics)
