"""A small client of the public API for the observers: it goes to the cloud directly, never through the wire."""

import time
from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from urllib.parse import quote

import httpx

from harness.errors import DeskstormError, Unreachable
from harness.trust import trust
from harness.waiting import until
from harness.world import World, WorldKind

PAGE_SIZE = 100
REAL_TIMEOUT_S = 10.0
LEAST_TIMEOUT_S = 3.0
SERVER_ERROR_TRIES = 3
# Genesys' default limit is 300 requests a minute and token, which an org may share out differently: keep clear of it.
MOST_A_MINUTE = 280


class ApiRefused(DeskstormError):
    """The API answered with an error; `retry_after_s` is what it asked for with 429 or 503."""

    def __init__(self, method: str, path: str, status: int, found: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"{method} {path}: expected success, found {status} {found}".strip())
        self.status = status
        self.retry_after_s = retry_after_s


class Api:
    """Calls with client credentials; renews its token ahead of expiry and after a 401.

    Waits for up to `patience_s` seconds in all when it is told to (429 or 503 with Retry-After) and repeats reads that
    met a server error; with 0 it reports both at once. Raises `ApiRefused` or `Unreachable`.
    An org is asked at most `MOST_A_MINUTE` times in any minute of its time; whoever asks more is made to wait.
    """

    def __init__(self, world: World, patience_s: float = 10.0) -> None:
        self._world = world
        self._patience_s = patience_s
        timeout = max(LEAST_TIMEOUT_S, REAL_TIMEOUT_S * world.time_scale)
        self._http = httpx.Client(verify=trust(world.api, world.ca), trust_env=False, timeout=timeout)
        self._token = ""
        self._renew_at = 0.0
        self._window_s = 60.0 * world.time_scale
        self._asked: deque[float] = deque(maxlen=MOST_A_MINUTE)

    def __enter__(self) -> "Api":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:
        """The JSON answer of GET `path`."""
        return self.call("GET", path, query=query)

    def call(self, method: str, path: str, body: Any = None, query: dict[str, Any] | None = None) -> Any:
        """The JSON answer of `method` `path` (None if it has no body)."""
        give_up = time.monotonic() + self._patience_s
        tries = 0
        while True:
            tries += 1
            answer = self._send(method, path, body, query)
            if answer.status_code == 401 and tries == 1:
                self._renew_at = 0.0
                continue
            if answer.is_success:
                return answer.json() if answer.content else None
            pause = self._pause_before_repeat(method, answer, tries)
            if pause is None or time.monotonic() + pause > give_up:
                raise _refusal(method, path, answer)
            _wait(pause)

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every entity of a listing, over all of its pages."""
        number = 1
        while True:
            page = self.get(path, **query, pageSize=PAGE_SIZE, pageNumber=number)
            yield from page.get("entities") or []
            if number >= int(page.get("pageCount") or 1):
                return
            number += 1

    def _pause_before_repeat(self, method: str, answer: httpx.Response, tries: int) -> float | None:
        """Seconds until the request may be repeated; None if it must not be."""
        asked = _retry_after_s(answer)
        if answer.status_code in (429, 503) and asked is not None:
            return asked
        if answer.status_code >= 500 and method == "GET" and tries < SERVER_ERROR_TRIES:
            return 0.1 * tries
        return None

    def _send(self, method: str, path: str, body: Any, query: dict[str, Any] | None) -> httpx.Response:
        if time.monotonic() >= self._renew_at:
            self._renew()
        if self._world.kind is WorldKind.ORG:
            self._keep_pace()
        headers = {"Authorization": f"Bearer {self._token}"}
        url = self._world.api + path
        try:
            return self._http.request(method, url, json=body, params=query or None, headers=headers)
        except httpx.HTTPError as error:
            raise Unreachable("api", self._world.api, _reason(error)) from None

    def _keep_pace(self) -> None:
        """Wait until one request more is within the minute's number, and count it."""
        if len(self._asked) == MOST_A_MINUTE:
            _wait(self._asked[0] + self._window_s - time.monotonic(), "room within the rate limit")
        self._asked.append(time.monotonic())

    def _renew(self) -> None:
        """Fetch a token, and plan the next one for nine tenths of this one's life."""
        auth = httpx.BasicAuth(self._world.client_id, self._world.client_secret)
        form = {"grant_type": "client_credentials"}
        try:
            answer = self._http.post(f"{self._world.login}/oauth/token", data=form, auth=auth)
        except httpx.HTTPError as error:
            raise Unreachable("login", self._world.login, _reason(error)) from None
        if not answer.is_success:
            raise _refusal("POST", "/oauth/token", answer)
        granted = answer.json()
        self._token = str(granted["access_token"])
        # A simulated cloud may count its seconds in its own time; a real org has a time scale of 1.
        life_s = float(granted.get("expires_in", 60)) * min(1.0, self._world.time_scale)
        self._renew_at = time.monotonic() + 0.9 * life_s


def segment(text: str) -> str:
    """`text` as one segment of a URL path."""
    return quote(text, safe="")


def _wait(seconds: float, for_what: str = "the end of Retry-After") -> None:
    ready = time.monotonic() + seconds
    until(lambda: time.monotonic() >= ready, for_what, within_s=max(0.0, seconds) + 1)


def _retry_after_s(answer: httpx.Response) -> float | None:
    try:
        return float(answer.headers["Retry-After"])
    except (KeyError, ValueError):
        return None


def _refusal(method: str, path: str, answer: httpx.Response) -> ApiRefused:
    try:
        message = str(answer.json().get("message", ""))
    except (ValueError, AttributeError):
        message = ""
    return ApiRefused(method, path, answer.status_code, message, _retry_after_s(answer))


def _reason(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__} {error}".strip()
