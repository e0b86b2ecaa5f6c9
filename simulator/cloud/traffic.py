"""Around every request: its correlation id, its rate-limit headers, its line of evidence, and the answer to a crash."""

import logging
import uuid
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.exchange import error_answer

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

CRASH = ApiError(500, "internal.server.error", "The server encountered an unexpected condition.")


class Traffic:
    """ASGI middleware; the control API leaves no `cloud.request` behind."""

    def __init__(self, app: ASGIApp, cloud: "Cloud") -> None:
        self._app = app
        self._cloud = cloud

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["correlation_id"] = str(uuid.uuid4())
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._add_headers(scope, MutableHeaders(scope=message))
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception:
            logging.getLogger(__name__).exception("%s %s", scope["method"], scope["path"])
            if status == 0:
                await error_answer(Request(scope), CRASH)(scope, receive, answer)
        finally:
            self._record(scope, status)

    def _add_headers(self, scope: Scope, headers: MutableHeaders) -> None:
        headers["ININ-Correlation-Id"] = scope["correlation_id"]
        allowance = scope.get("state", {}).get("allowance")
        if allowance is not None:
            for name, value in allowance.headers().items():
                headers[name] = value

    def _record(self, scope: Scope, status: int) -> None:
        if scope["path"].startswith("/_control"):
            return
        state = scope.get("state", {})
        caller: Caller | None = state.get("caller")
        fields = {"token_grant": state["grant"]} if "grant" in state else {}
        self._cloud.evidence.write(
            "cloud.request",
            agent=caller.user_id if caller else state.get("agent"),
            method=scope["method"],
            path=scope["path"],
            status=status,
            **fields,
        )
