"""The enrichment of diagnostics answers 401 after the tracker's own token expired.

The first token is used for ever: it is neither replaced ahead of its end, nor when the cloud does not take it.
"""

from tracker.defects.rejected_token_kept import BelievesItsClock, with_tokens
from tracker.diagnostics.token import Token
from tracker.parts import Parts

SEEN_IN = "seed 000"


class KeepsTheFirst(BelievesItsClock):
    """Never asks for a second token."""

    async def get(self) -> Token:
        """The first token there was."""
        return self._token or await super().get()


def plant(parts: Parts) -> Parts:
    """The defect is in the client of the cloud."""
    return with_tokens(parts, KeepsTheFirst)
