"""Tokens revoked."""

from dataclasses import dataclass

from proxy_addons.core.answers import error_answer, json_answer, system_message
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Socket
from proxy_addons.core.traffic import Call

NOTICE = "v2.system.token_revoked"
CLOSE_CODE = 1008


@dataclass(frozen=True)
class Parameters:
    """Whether there is a way back."""

    refresh_refused: bool = quantity(False, "", "answer refreshes with 400 invalid_grant, too")


class TokenRevoked(Fault[Parameters]):
    """Access tokens in use when it is armed are answered 401; sockets of their agents are told and closed. New tokens
    pass."""

    name = "token_revoked"
    parameters_type = Parameters

    def armed(self) -> None:
        """Note the tokens in use, and end the sockets."""
        scope, seed = self.order.scope, self.order.seed
        known = self.traffic.identity.access_tokens()
        self._revoked = {token for token, agent in known if scope.covers_agent(agent, seed)}
        for socket in self.sockets():
            self._end(socket)

    async def request(self, call: Call) -> None:
        """Refuse a revoked token, and a refresh if that was ordered."""
        if call.flow.response is not None:
            return
        if call.token in self._revoked and not call.for_token:
            call.flow.response = error_answer(401)
            self.touch(call.agent, f"{call.method} {call.path} answered 401", call)
        elif self.parameters.refresh_refused and call.for_token and call.session is not None:
            refusal = {"error": "invalid_grant", "error_description": "refresh token not found, expired or revoked"}
            call.flow.response = json_answer(400, refusal)
            self.touch(call.agent, "refresh answered 400", call)

    def _end(self, socket: Socket) -> None:
        body = {"systemTopicType": "token_revoked", "reason": "user_tokens_revoked", "userId": socket.agent}
        socket.tell_desktop(system_message(NOTICE, socket.channel, body))
        if socket.close(CLOSE_CODE, "token revoked"):
            self.touch(socket.agent, f"socket {socket.number} closed")
