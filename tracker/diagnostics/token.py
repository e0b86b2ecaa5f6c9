"""The token of the tracker's own client: fetched once for all who ask, and anew ahead of its expiry."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# Ahead of expiry by a minute, or by a tenth of a short life; a source of the seed subtracts 60 s from any life, and so
# asks for a token with each question where tokens live for a minute.
AHEAD_S = 60.0
SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Token:
    """An access token and how long it lives from the moment in which it was asked for."""

    value: str
    lifetime_s: float

    def __repr__(self) -> str:
        return f"Token(***, {self.lifetime_s:g} s)"


class TokenCache:
    """Asks `fetch` for a token when there is none that lasts; several who need one share one request."""

    def __init__(self, fetch: Callable[[], Awaitable[Token]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._token: Token | None = None
        self._good_until = self._ends = 0.0
        self._refresh: asyncio.Task[Token] | None = None

    async def get(self) -> Token:
        """A token that has not expired; where it is about to, a new one is on its way meanwhile. Raises what `fetch`
        raises only if there is none."""
        now = self._clock()
        if self._token is not None and now < self._good_until:
            return self._token
        if self._refresh is None:
            self._refresh = asyncio.create_task(self._fetched())
            self._refresh.add_done_callback(self._refreshed)
        if self._token is not None and now < self._ends:
            return self._token
        # Who gives up waiting does not take the token from the others who wait for it.
        return await asyncio.shield(self._refresh)

    def rejected(self, token: Token) -> None:
        """The cloud does not take `token`: the next who asks gets another one."""
        if token is self._token:
            self._token = None

    def close(self) -> None:
        """Nobody needs a token any more."""
        if self._refresh is not None:
            self._refresh.cancel()

    async def _fetched(self) -> Token:
        asked = self._clock()
        token = await self._fetch()
        self._token = token
        self._ends = asked + token.lifetime_s
        self._good_until = self._ends - min(AHEAD_S, token.lifetime_s * SHARE)
        return token

    def _refreshed(self, task: "asyncio.Task[Token]") -> None:
        self._refresh = None
        if not task.cancelled():
            task.exception()  # it is raised where it is awaited, if somebody still waits
