"""The enrichment of diagnostics answers 401 after the tracker's own token expired.

The first token is used for ever: it is neither replaced ahead of its end, nor when the cloud does not take it.
"""

from dataclasses import replace

from tracker.diagnostics.enricher import Enricher
from tracker.diagnostics.token import Token, TokenCache
from tracker.parts import Parts
from tracker.settings import Settings

SEEN_IN = "seed 000"


class KeepsTheFirst(TokenCache):
    """Never asks for a second token."""

    async def get(self) -> Token:
        """The first token there was."""
        return self._token or await super().get()

    def rejected(self, token: Token) -> None:
        """Nothing is learnt from that."""


def plant(parts: Parts) -> Parts:
    """The defect is in the client of the cloud, where there is one."""

    def diagnostics(settings: Settings) -> Enricher | None:
        found: Enricher | None = parts.diagnostics(settings)
        if found is not None:
            found.tokens = KeepsTheFirst(found.fetch_token)
        return found

    return replace(parts, diagnostics=diagnostics)
