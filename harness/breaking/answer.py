"""One REST call, and all that can be wrong with its answer."""

import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Answer:
    """One REST answer as the canary got it.

    `status` 0 is no answer at all; `body` is whole, malformed (not JSON), cut (the connection ended inside it) or none
    (nothing within the limit), `size` its bytes as they came; `first_ms` is when its headers were there, `ms` when all
    of it was.
    """

    status: int
    body: str
    first_ms: float
    ms: float
    retry_after: float | None = None
    json: Any = None
    size: int = 0

    @property
    def normal(self) -> bool:
        """Whether a desktop would take this answer for a good one."""
        return 200 <= self.status < 300 and self.body == "whole"

    def __str__(self) -> str:
        return f"status {self.status} with a {self.body} body after {self.ms:.0f} ms"


def ask(client: httpx.Client, request: httpx.Request, within_s: float) -> Answer:
    """Send one request and read its body to the end, or to what is wrong with it."""
    started = time.monotonic()
    status, first_ms, retry_after, body, size = 0, 0.0, None, "none", 0
    content = b""
    request.extensions["timeout"] = httpx.Timeout(within_s).as_dict()
    try:
        with contextlib.closing(client.send(request, stream=True)) as response:
            status, first_ms = response.status_code, (time.monotonic() - started) * 1000
            retry_after = _seconds(response.headers.get("retry-after"))
            body = "cut"
            for chunk in response.iter_bytes():
                content += chunk
                size = response.num_bytes_downloaded
                if time.monotonic() - started > within_s:
                    raise httpx.ReadTimeout("the body did not end in time")
        body = "whole"
    except httpx.TimeoutException:
        body = "none"
    except httpx.HTTPError:
        body = "cut" if status else "none"
    ms = (time.monotonic() - started) * 1000
    found = None
    if body == "whole" and content:
        try:
            found = json.loads(content)
        except ValueError:
            body = "malformed"
    return Answer(status, body, first_ms or ms, ms, retry_after, found, size)


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
