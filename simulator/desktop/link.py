"""The way of a whole crowd to the cloud: one HTTP pool and the opening of sockets, straight or through a proxy."""

import json
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.datastructures import Headers

from simulator.desktop.effects import Send
from simulator.desktop.events import Replied


class Link:
    """Addresses without a trailing slash; `proxy` is an HTTP proxy for everything, `ca` the certificate to trust.

    `under_way` is how many requests wait for their answer.
    """

    def __init__(self, api: str, login: str, proxy: str | None, ca: str | None, connect_timeout_s: float) -> None:
        self.under_way = 0
        self._api = api
        self._login = login
        self._proxy = proxy
        self._connect_timeout_s = connect_timeout_s
        # Nobody is trusted unless TLS is spoken: the system's certificates weigh more than a hundred desktops.
        plain = api.startswith("http:") and login.startswith("http:")
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if plain else ssl.create_default_context(cafile=ca)
        # Idle connections cost memory in a large crowd, so only some of them are kept.
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=32, keepalive_expiry=30.0)
        self._http = httpx.AsyncClient(
            verify=self._tls,
            proxy=proxy,
            trust_env=False,
            limits=limits,
            timeout=connect_timeout_s,
            headers={"accept": "*/*"},
        )

    async def request(self, send: Send) -> Replied:
        """Send one request and wait for its end; nothing that goes wrong raises, it is status 0."""
        self.under_way += 1
        try:
            return await self._request(send)
        finally:
            self.under_way -= 1

    async def _request(self, send: Send) -> Replied:
        headers = {"authorization": f"Bearer {send.token}"} if send.token else {}
        if send.write_id is not None:
            headers["inin-correlation-id"] = send.write_id
        timeout = httpx.Timeout(send.timeout_s, connect=min(self._connect_timeout_s, send.timeout_s))
        try:
            answer = await self._http.request(
                send.method,
                (self._login if send.login else self._api) + send.path,
                params=dict(send.query) or None,
                json=send.body,
                data=dict(send.form) if send.form else None,
                headers=headers,
                timeout=timeout,
            )
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError):
            return Replied(send.request, 0)
        return Replied(send.request, answer.status_code, _json(answer), retry_after_s(answer.headers))

    async def open(self, uri: str) -> ClientConnection:
        """Open a socket; raises what websockets raises."""
        connection = await connect(
            uri,
            ssl=self._tls if uri.startswith("wss:") else None,
            proxy=self._proxy,
            compression=None,
            open_timeout=self._connect_timeout_s,
            # The session watches for silence by itself, and it decides how long a polite close may take.
            ping_interval=None,
            close_timeout=None,
            max_queue=None,
        )
        # The handshake is of no use any more, and there are a thousand of them.
        connection.request = None
        if connection.response is not None:
            connection.response.headers = Headers()
        return connection

    async def close(self) -> None:
        """Close the pool."""
        await self._http.aclose()


def retry_after_s(headers: Any) -> float | None:
    """`Retry-After` in seconds, given as seconds or as a date; None if there is none that can be read."""
    given = headers.get("Retry-After")
    if given is None:
        return None
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(given) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json() if answer.content else None
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
