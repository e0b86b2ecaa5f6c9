"""Asks the cloud for the participants of a conversation: within a deadline, and never with an exception."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from tracker.diagnostics.breaker import Breaker
from tracker.diagnostics.token import Token, TokenCache
from tracker.settings import Cloud
from tracker.trust import trusting

DEADLINE_S = 3.0
JITTER_S = 0.25
PAGE_SIZE = 100
# An answer that says so has never more than this many pages: an address that answers nonsense is not asked for ever.
MOST_PAGES = 100


@dataclass(frozen=True)
class Enrichment:
    """What the cloud knows of a conversation, as it says it; if not `ok`, `reason` says why nothing is known."""

    ok: bool
    participants: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""


class Unanswered(Exception):
    """The cloud did not answer; the text is why. `fault` is False where it did answer, and that it does not know."""

    def __init__(self, reason: str, fault: bool = True) -> None:
        super().__init__(reason)
        self.fault = fault


@dataclass
class Asked:
    """How often the cloud was asked, by what came of it."""

    answered: int = 0
    failed: int = 0
    refused: int = 0  # by the open breaker, without asking
    tokens: int = 0


class Enricher:
    """A client of one cloud. `start` and `stop` in the loop in which it is asked. Without a `seed` chance is the
    operating system's."""

    def __init__(
        self,
        cloud: Cloud,
        proxy: str | None = None,
        ca: Path | None = None,
        deadline_s: float = DEADLINE_S,
        seed: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cloud = cloud
        self._proxy = proxy
        self._ca = ca
        self._deadline_s = deadline_s
        self._chance = Random(seed)
        self._clock = clock
        self.asked = Asked()
        self.breaker = Breaker()
        self.tokens = TokenCache(self.fetch_token, clock)

    async def start(self) -> None:
        """Open the client."""
        verify, limit_s = trusting(self._ca), self._deadline_s
        self._client = httpx.AsyncClient(proxy=self._proxy, verify=verify, trust_env=False, timeout=limit_s)

    async def stop(self) -> None:
        """Close the client."""
        self.tokens.close()
        await self._client.aclose()

    async def enrich(self, conversation: str) -> Enrichment:
        """The participants of `conversation`, all pages of them, or the reason why not, within the deadline."""
        wait_s = self.breaker.refusal(self._clock())
        if wait_s is not None:
            self.asked.refused += 1
            return Enrichment(False, reason=f"the cloud failed too often; it is asked again in {wait_s:.1f} s")
        try:
            async with asyncio.timeout(self._deadline_s):
                participants = await self._participants(conversation)
        except asyncio.CancelledError:
            self.breaker.abandoned()
            raise
        except Unanswered as error:
            return self._failed(str(error), error.fault)
        except TimeoutError:
            return self._failed(f"the cloud did not answer within {self._deadline_s:g} s")
        except Exception as error:  # whatever it answers: who asked gets a reason, and the breaker its outcome
            return self._failed(f"{type(error).__name__}: {error}")
        self.breaker.succeeded()
        self.asked.answered += 1
        return Enrichment(True, tuple(participants))

    def _failed(self, reason: str, fault: bool = True) -> Enrichment:
        self.asked.failed += 1
        if fault:
            self.breaker.failed(self._clock())
        else:
            self.breaker.succeeded()
        return Enrichment(False, reason=reason)

    async def _participants(self, conversation: str) -> list[Mapping[str, Any]]:
        path = f"/api/v2/conversations/{quote(conversation, safe='')}"
        if self._cloud.dialect == "genesys":
            return _shown((await self._get(path))["participants"])
        found: list[Mapping[str, Any]] = []
        for number in range(1, MOST_PAGES + 1):
            page = await self._get(f"{path}/participants?page={number}&page_size={PAGE_SIZE}")
            found += _shown(page["entities"])
            if number >= int(page["page_count"]):
                return found
        raise Unanswered(f"the cloud speaks of more than {MOST_PAGES} pages of participants")

    async def _get(self, path: str) -> dict[str, Any]:
        """Ask with a token that lasts; with a new one if the cloud does not take it, once."""
        for chance in range(2):
            token = await self.tokens.get()
            answer = await self._patiently("GET", self._cloud.api + path, bearer=token)
            if answer.status_code != 401 or chance:
                break
            self.tokens.rejected(token)
        if answer.status_code == 404:
            raise Unanswered("the cloud does not know this conversation", fault=False)
        return _object(answer)

    async def fetch_token(self) -> Token:
        """A new token of the tracker's own client; raises what goes wrong."""
        self.asked.tokens += 1
        cloud = self._cloud
        form = {"grant_type": "client_credentials"}
        if cloud.dialect == "genesys":
            url, basic = f"{cloud.login}/oauth/token", (cloud.client_id, cloud.secret.value)
            answer = await self._patiently("POST", url, data=form, basic=basic)
        else:
            form |= {"client_id": cloud.client_id, "client_secret": cloud.secret.value}
            answer = await self._patiently("POST", f"{cloud.login}/api/v2/oauth/token", data=form)
        found = _object(answer)
        return Token(str(found["access_token"]), float(found["expires_in"]))

    async def _patiently(
        self,
        method: str,
        url: str,
        data: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        bearer: Token | None = None,
    ) -> httpx.Response:
        """Ask; on 429 ask again after the time it says and a little more, while the deadline allows."""
        started = self._clock()
        headers = {"Authorization": f"Bearer {bearer.value}"} if bearer else {}
        while True:
            answer = await self._client.request(method, url, data=data, auth=basic, headers=headers)
            if answer.status_code != 429:
                return answer
            pause = _asked_s(answer) + self._chance.uniform(0.0, JITTER_S)
            if self._clock() - started + pause >= self._deadline_s:
                raise Unanswered(f"the cloud asks to be left alone for {_asked_s(answer):g} s")
            await asyncio.sleep(pause)  # waits: as long as the cloud asks


def _object(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise Unanswered(f"the cloud answered {answer.status_code} to {answer.request.url.path}")
    found = orjson.loads(answer.content)
    if not isinstance(found, dict):
        raise Unanswered(f"the cloud answered no object to {answer.request.url.path}")
    return found


def _shown(participants: Any) -> list[Mapping[str, Any]]:
    """The participants, which must be such that the tracker can pass them on."""
    if not isinstance(participants, list) or not all(isinstance(one, dict) for one in participants):
        raise Unanswered("the cloud answered participants that are no list of objects")
    orjson.dumps([[participants]])  # not nested too deeply for the answer that holds them
    return participants


def _asked_s(answer: httpx.Response) -> float:
    try:
        return max(0.0, float(answer.headers.get("Retry-After", "1")))
    except ValueError:
        return 1.0
