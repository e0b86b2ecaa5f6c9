"""Short-lived tokens."""

import json
import time
from dataclasses import dataclass

from proxy_addons.core.answers import error_answer
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.identity import fingerprint
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How short."""

    expires_in_s: float = quantity(60.0, "s", "life of each token issued while armed", 0.001, 86_400)


class TokenExpiry(Fault[Parameters]):
    """Tokens issued while armed say that they live for a short time (`expires_in`), and are answered 401 after it."""

    name = "token_expiry"
    parameters_type = Parameters

    def armed(self) -> None:
        """No token is shortened yet."""
        self._expires: dict[str, float] = {}

    async def response(self, call: Call) -> None:
        """Shorten the life of a new token."""
        response = call.flow.response
        if not call.for_token or response is None or response.status_code != 200:
            return
        try:
            body = json.loads(response.get_text(strict=False) or "")
            token = fingerprint(str(body["access_token"]))
        except (ValueError, KeyError, TypeError):
            return
        life_s = self.parameters.expires_in_s
        body["expires_in"] = int(life_s) if life_s.is_integer() else life_s
        response.text = json.dumps(body)
        self._expires[token] = time.monotonic() + life_s
        self.touch(call.agent, f"token lives {life_s:g} s", call)

    async def request(self, call: Call) -> None:
        """Refuse a token whose time is over."""
        expires = self._expires.get(call.token) if call.token and not call.for_token else None
        if expires is not None and time.monotonic() >= expires and call.flow.response is None:
            call.flow.response = error_answer(401)
            self.touch(call.agent, f"{call.method} {call.path} answered 401", call)
